using System.Net;

namespace CredentialBroker.Reviews.Identity;

/// <summary>Whether network policies keep a pod from where clouds tell a node's identity. Policies add up: what one allows is allowed.</summary>
internal static class Metadata
{
    public static readonly IPAddress Address = IPAddress.Parse("169.254.169.254");

    public static bool IsShutOff(Subject subject, Manifest run)
    {
        var egress = subject.Documents.Of("NetworkPolicy").Where(policy => policy.Namespace == run.Namespace && IsOfEgress(policy.Tree["spec"]) && Selects(policy.Tree["spec"]["podSelector"], run.Pod["metadata"]["labels"])).ToList();
        return egress.Count > 0 && !egress.SelectMany(policy => policy.Tree["spec"]["egress"].Items).Any(Allows);
    }

    private static bool IsOfEgress(Tree spec) => spec["policyTypes"].Exists ? spec["policyTypes"].Names.Contains("Egress") : spec["egress"].Exists;

    /// <summary>A selector that is empty selects all; one that cannot be read selects nothing, so that nothing is taken for shut off.</summary>
    private static bool Selects(Tree selector, Tree labels) =>
        selector["matchLabels"].Members.All(wanted => labels[wanted.Name].Text == wanted.Value.Text) && selector["matchExpressions"].Items.All(wanted => (wanted["operator"].Text, labels[wanted["key"].Text ?? ""].Text) switch
        {
            ("In", { } value) => wanted["values"].Names.Contains(value),
            ("NotIn", var value) => value is null || !wanted["values"].Names.Contains(value),
            ("Exists", var value) => value is not null,
            ("DoesNotExist", var value) => value is null,
            _ => false,
        });

    private static bool Allows(Tree rule) => !rule["to"].Items.Any() || rule["to"].Items.Any(peer => peer["ipBlock"].Exists && Holds(peer["ipBlock"]["cidr"]) && !peer["ipBlock"]["except"].Items.Any(HoldsSurely));

    /// <summary>A block that cannot be read is taken to hold it.</summary>
    private static bool Holds(Tree block) => !IPNetwork.TryParse(block.Text ?? "", out var network) || network.Contains(Address);

    private static bool HoldsSurely(Tree block) => IPNetwork.TryParse(block.Text ?? "", out var network) && network.Contains(Address);
}
