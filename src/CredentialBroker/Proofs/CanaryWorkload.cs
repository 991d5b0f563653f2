using CredentialBroker.Attestation;
using CredentialBroker.Templates;

namespace CredentialBroker.Proofs;

/// <summary>The workload that a canary stands in for, with the facts that its URI tells. Nobody proved to be it, and its source says so.</summary>
internal static class CanaryWorkload
{
    public const string Source = "canary";

    /// <summary>The first that the template matches.</summary>
    public static string UriOf(CompiledTemplate template)
    {
        var pattern = template.Workloads[0].Text;
        return pattern.EndsWith("/*", StringComparison.Ordinal) ? $"{pattern[..^1]}canary" : pattern;
    }

    /// <param name="instance">Its lease, so that every canary is an instance of its own.</param>
    public static Workload Of(string uri, string instance) => new(Source, Source, uri, uri, instance, 5, FactsOf(uri), [], Source, 0);

    private static Dictionary<string, string> FactsOf(string uri) =>
        uri.StartsWith("k8s://", StringComparison.Ordinal) && uri["k8s://".Length..].Split('/') is [var cluster, var space, var account]
            ? new() { ["cluster"] = cluster, ["namespace"] = space, ["serviceAccount"] = account }
            : [];
}
