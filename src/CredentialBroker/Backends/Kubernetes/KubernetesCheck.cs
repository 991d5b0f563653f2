using System.Text.Json.Nodes;
using CredentialBroker.Backends.Wires;
using CredentialBroker.Protocol;

namespace CredentialBroker.Backends.Kubernetes;

/// <summary>Asks the API server whether the broker has the rights that leases need, and no more than once for each.</summary>
internal static class KubernetesCheck
{
    public static async ValueTask<IReadOnlyList<string>> RunAsync(KubernetesHttp http, CancellationToken cancel)
    {
        try
        {
            var missing = new List<string>();
            foreach (var right in Needed(http.Options).Distinct())
            {
                if (!await MayAsync(http, right, cancel)) missing.Add($"the broker may not {right}");
            }

            return missing;
        }
        catch (BackendException error)
        {
            return [error.Detail];
        }
    }

    private static IEnumerable<Right> Needed(KubernetesTarget target) => target.ServiceAccounts.Select(pattern => pattern.Split('/')).SelectMany(parts => (Right[])
    [
        new("create", "serviceaccounts", "token", parts[0], parts[1]), new("create", "secrets", "", parts[0], "*"), new("delete", "secrets", "", parts[0], "*"),
        .. target.ListSecrets ? [new Right("list", "secrets", "", parts[0], "*")] : Array.Empty<Right>(),
    ]);

    private static async ValueTask<bool> MayAsync(KubernetesHttp http, Right right, CancellationToken cancel)
    {
        var attributes = new JsonObject { ["verb"] = right.Verb, ["group"] = "", ["version"] = "v1", ["resource"] = right.Resource };
        if (right.Subresource.Length > 0) attributes["subresource"] = right.Subresource;
        // Absent stands for all.
        if (right.Namespace != "*") attributes["namespace"] = right.Namespace;
        if (right.Name != "*") attributes["name"] = right.Name;
        var review = new JsonObject { ["apiVersion"] = "authorization.k8s.io/v1", ["kind"] = "SelfSubjectAccessReview", ["spec"] = new JsonObject { ["resourceAttributes"] = attributes } };
        var answer = await http.SendAsync(HttpMethod.Post, "apis/authorization.k8s.io/v1/selfsubjectaccessreviews", review, cancel);
        return answer.IsSuccess && answer.Json?.Object("status") is { } status
            ? status.Truth("allowed")
            : throw KubernetesErrors.Of(answer, ReasonCodes.TargetUnavailable, "asking what the broker may do");
    }

    private sealed record Right(string Verb, string Resource, string Subresource, string Namespace, string Name)
    {
        public override string ToString() => $"{Verb} {Resource}{(Subresource.Length > 0 ? $"/{Subresource}" : "")}{(Name == "*" ? "" : $" {Name}")} in {(Namespace == "*" ? "every namespace" : $"namespace {Namespace}")}";
    }
}
