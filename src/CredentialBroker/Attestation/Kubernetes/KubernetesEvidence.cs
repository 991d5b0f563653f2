using System.Text.Json;

namespace CredentialBroker.Attestation;

/// <summary>
/// A projected service-account token, bound to a pod by the cluster's API server. Two clusters may share the default
/// issuer, so neither issuer nor keys have a usual place.
/// </summary>
internal sealed class KubernetesEvidence : ITokenKind
{
    private const string Private = "kubernetes.io";

    public string Name => "kubernetes";

    // A bearer token checked by its signature alone: replayable until it expires, and deaf to the workload's end.
    public int Strength => 2;

    public TimeSpan LongestLife => TimeSpan.FromHours(1);

    public Proof Read(string source, WorkloadSourceOptions options, ClaimSheet sheet)
    {
        sheet.State("cluster", source);
        var space = sheet.Require("namespace", DnsNames.Label, Private, "namespace");
        var account = sheet.Require("serviceAccount", DnsNames.Subdomain, Private, "serviceaccount", "name");
        sheet.Require("serviceAccountUid", IsUid, Private, "serviceaccount", "uid");
        sheet.Require("pod", DnsNames.Subdomain, Private, "pod", "name");
        var pod = sheet.Require("podUid", IsUid, Private, "pod", "uid");
        if (sheet.Find(Private, "node") is not null)
        {
            sheet.Require("node", DnsNames.Subdomain, Private, "node", "name");
            sheet.Require("nodeUid", IsUid, Private, "node", "uid");
        }

        var subject = $"system:serviceaccount:{space}:{account}";
        if (sheet.Find("sub") is not { ValueKind: JsonValueKind.String } sub || sub.GetString() != subject)
        {
            sheet.Refuse("The claim sub is not the service account that the token's other claims name.");
        }

        RefuseOtherBindings(sheet);
        return new Proof(subject, $"k8s://{source}/{space}/{account}", pod);
    }

    private static bool IsUid(string text) => text.Length is > 0 and <= 64 && text.All(c => char.IsAsciiLetterOrDigit(c) || c == '-');

    // Legacy tokens that live for a year (warnafter), tokens of a secret and tokens of a webhook configuration carry a
    // member of their own here. So will whatever comes next, which is not known to be a running pod's either.
    private static void RefuseOtherBindings(ClaimSheet sheet)
    {
        if (sheet.Find("warnafter") is not null)
        {
            sheet.Refuse("The claim warnafter marks an extended legacy token.");
        }

        if (sheet.Find(Private) is { ValueKind: JsonValueKind.Object } bound
            && bound.EnumerateObject().Any(member => member.Name is not ("namespace" or "serviceaccount" or "pod" or "node")))
        {
            sheet.Refuse("The token is bound to something other than a pod, or is an extended legacy token.");
        }
    }
}
