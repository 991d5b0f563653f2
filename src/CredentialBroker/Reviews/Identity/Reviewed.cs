using System.Security.Cryptography;
using System.Text;
using CredentialBroker.Protocol.Reviews;

namespace CredentialBroker.Reviews.Identity;

/// <summary>What a reviewer has to know beside the documents.</summary>
/// <param name="Cluster">The cluster's name, as its trust source has it.</param>
/// <param name="Audiences">Audiences of tokens that are evidence for this broker and nothing else.</param>
/// <param name="Templates">Active templates, with the workloads they match and how long they let a lease live, in words.</param>
/// <param name="MostNamespaces">In more namespaces than this no service account is bound (R31).</param>
internal sealed record Around(string Cluster, IReadOnlySet<string> Audiences, IReadOnlyList<MatchingTemplate> Templates, DateTimeOffset Now, int MostNamespaces);

internal sealed record MatchingTemplate(string Name, Func<string, bool> Matches, string Lives);

/// <summary>One effective identity, with all that runs under it in the documents.</summary>
internal sealed record Subject(string Space, string Account, Around Around, Documents Documents, IReadOnlyList<Manifest> Runs)
{
    public string Workload => $"k8s://{Around.Cluster}/{Space}/{Account}";

    public Manifest? ServiceAccount => Documents.Find("ServiceAccount", Space, Account);

    public IEnumerable<(Manifest Run, Tree Spec)> Specs => Runs.Select(run => (run, run.Pod["spec"]));

    public static IEnumerable<(string Kind, Tree Container)> Containers(Tree spec) =>
        new[] { "initContainers", "containers", "ephemeralContainers" }.SelectMany(kind => spec[kind].Items.Select(container => (kind, container)));

    /// <summary>Whether the token of the service account is put into its containers: by the pod, else by the account, else it is.</summary>
    public bool Automounts(Tree spec) => spec["volumes"].Items.Any(volume => IsAutomount(volume))
        || (spec["automountServiceAccountToken"].Truth ?? ServiceAccount?.Tree["automountServiceAccountToken"].Truth ?? true);

    /// <summary>What admission added for the token, in a pod that runs.</summary>
    public static bool IsAutomount(Tree volume) => volume["name"].Text?.StartsWith("kube-api-access-", StringComparison.Ordinal) == true;
}

/// <summary>The four checks of one identity.</summary>
/// <param name="Findings">What a person should look at, by kind.</param>
internal sealed record IdentityReview(string Workload, string Fingerprint, IReadOnlyList<string> Runs, IReadOnlyList<CheckView> Checks, IReadOnlyList<string> Facts, IReadOnlyList<(string Kind, string Detail)> Findings)
{
    public string Result => Checks.Any(check => check.Result == CheckView.Fail) ? CheckView.Fail : Checks.Any(check => check.Result == CheckView.Unknown) ? CheckView.Unknown : CheckView.Pass;

    /// <summary>Of the facts and of nothing else: neither of images, nor of names of what runs, nor of how long something is still valid (R58).</summary>
    public static string FingerprintOf(IReadOnlyList<string> facts) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', facts))));
}
