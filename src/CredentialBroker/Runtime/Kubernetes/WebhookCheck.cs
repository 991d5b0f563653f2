using System.Text.Json;
using CredentialBroker.Backends.Wires;
using CredentialBroker.Clusters;
using CredentialBroker.Runtime.Drift;

namespace CredentialBroker.Runtime.Kubernetes;

/// <summary>Whether the cluster really asks: both webhooks are there, say no where there is no answer, and are asked about everything that counts.</summary>
internal static class WebhookCheck
{
    private const string Group = "apis/admissionregistration.k8s.io/v1/";
    private const int LongestWait = 10;

    private static readonly (string Operation, string Resource)[] Gated =
    [
        ("CREATE", "pods"), ("UPDATE", "pods"), ("UPDATE", "pods/ephemeralcontainers"), ("CONNECT", "pods/exec"), ("CONNECT", "pods/attach"), ("CONNECT", "pods/portforward"), ("CREATE", "serviceaccounts/token"),
    ];

    public static async Task<IReadOnlyList<Finding>> RunAsync(ClusterClient client, CancellationToken cancel) =>
    [
        .. Of(await client.GetAsync(Group + "mutatingwebhookconfigurations", cancel), $"/admission/{client.Name}/mutate", "mutating", Gated[..1]),
        .. Of(await client.GetAsync(Group + "validatingwebhookconfigurations", cancel), $"/admission/{client.Name}/validate", "validating", Gated),
    ];

    private static IEnumerable<Finding> Of(JsonElement? list, string path, string which, (string Operation, string Resource)[] gated)
    {
        var ours = (list?.Items("items") ?? []).SelectMany(configuration => configuration.Items("webhooks")).Where(webhook => PathOf(webhook) == path).ToList();
        if (ours.Count == 0) yield return Told($"no {which} webhook asks {path}");
        foreach (var webhook in ours)
        {
            var name = webhook.Text("name");
            if (webhook.Text("failurePolicy") != "Fail") yield return Told($"{name}: failurePolicy is not Fail, so that pods pass where the broker does not answer");
            if (webhook.Text("matchPolicy") is not (null or "Equivalent")) yield return Told($"{name}: matchPolicy is not Equivalent, so that another version of the API passes by");
            if (webhook.Text("sideEffects") != "NoneOnDryRun" && webhook.Text("sideEffects") != "None") yield return Told($"{name}: sideEffects is not NoneOnDryRun");
            if (webhook.Seconds("timeoutSeconds") is > LongestWait) yield return Told($"{name}: timeoutSeconds is more than {LongestWait}");
            if (webhook.Items("matchConditions").Any()) yield return Told($"{name}: has matchConditions, which leave out what they do not match");
            if (webhook.Object("objectSelector") is { } objects && objects.EnumerateObject().Any()) yield return Told($"{name}: has an objectSelector, which whoever makes a pod can pass by with a label");
        }

        foreach (var (operation, resource) in ours.Count == 0 ? [] : gated)
        {
            if (!ours.SelectMany(webhook => webhook.Items("rules")).Any(rule => Covers(rule, operation, resource))) yield return Told($"the {which} webhook is not asked about {operation} of {resource}");
        }
    }

    private static bool Covers(JsonElement rule, string operation, string resource) =>
        rule.Texts("operations") is { } operations && (operations.Contains(operation) || operations.Contains("*")) && rule.Texts("resources") is { } resources && (resources.Contains(resource) || resources.Contains("*/*"))
        && rule.Texts("apiGroups") is { } groups && (groups.Contains("") || groups.Contains("*")) && rule.Text("scope") is null or "*" or "Namespaced";

    private static string? PathOf(JsonElement webhook) => webhook.Object("clientConfig") switch
    {
        { } client when client.Text("url") is { } url => Uri.TryCreate(url, UriKind.Absolute, out var uri) ? uri.AbsolutePath : null,
        { } client => client.Object("service")?.Text("path"),
        _ => null,
    };

    private static Finding Told(string detail) => new(FindingKinds.Webhook, detail);
}
