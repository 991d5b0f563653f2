using CredentialBroker.Protocol.Leases;
using CredentialBroker.Templates.Documents;

namespace CredentialBroker.Templates;

/// <summary>The template document as one table: its members, their kinds, bounds and defaults.</summary>
internal static class TemplateShape
{
    public const string ApiVersion = "credentialbroker/v1";
    public const string Kind = "IssuanceTemplate";

    private static readonly Shape.Text Label =
        new("^[a-z0-9]([a-z0-9-]*[a-z0-9])?$", "lower-case letters, digits and inner hyphens", 63);

    private static readonly Shape.Text Party =
        new("^[A-Za-z0-9][A-Za-z0-9._@:/+-]*$", "a team, group or address without spaces", 128);

    private static readonly Shape.Text Workload =
        new($"^({string.Join('|', WorkloadRules.Schemes)})://[!-~]+$", $"a workload URI ({string.Join(", ", WorkloadRules.Forms)})", 512);

    private static readonly Shape.Text Signer =
        new("^[!-~]+ [!-~]+$", "a signer: the issuer of its identity, a space, and its identity", 768);
    private static readonly Shape.Text Control = new("^[ -~]*[!-~][ -~]*$", "say what it is, in printable ASCII", 256);

    private static readonly Shape.Text Day = new("^20[0-9]{2}-[01][0-9]-[0-3][0-9]$", "a date such as 2026-01-31", 10);

    public static Shape.Section For(IReadOnlyList<string> backends) => new(
        new Member("apiVersion", new Shape.Choice(ApiVersion), "version of this document's form", Required: true),
        new Member("kind", new Shape.Choice(Kind), "what this document is", Required: true),
        new Member("metadata", new Shape.Section(
            new Member("name", Label, "what workloads ask for", Required: true),
            new Member("environment", Label, "the one environment it is for; approvals must be for the same", Required: true)),
            "name and environment", Required: true),
        new Member("owners", new Shape.Section(
            new Member("runtime", Party, "who runs the workloads", Required: true),
            new Member("policy", Party, "who decides what they may do", Required: true),
            new Member("operator", Party, "who runs the broker and the target", Required: true)),
            "the three accountable parties", Required: true),
        new Member("match", new Shape.Section(
            new Member("workloads", new Shape.ListOf(Workload, 256), "workload URIs, any of which may ask", Required: true),
            new Member("approvals", new Shape.Section(
                new Member("sources", new Shape.ListOf(Label, 64), "approval sources, any of which may approve", Required: true)),
                "whose approvals count", Required: true)),
            "who may ask, approved by whom", Required: true),
        new Member("tier", new Shape.Choice("low", "standard", "critical"), "how much is at stake", Required: true),
        new Member("ttl", new Shape.Duration(), "one credential's life; more is refused, never clamped", Required: true),
        new Member("maxTtl", new Shape.Duration(), "the lease's life over all renewals; when absent, the same as ttl"),
        new Member("maxResidual", new Shape.Duration(), "how long a credential may outlive its lease if ending fails", Default: "0s"),
        new Member("concurrentLeases", new Shape.Whole(1, 1000), "leases that one workload instance may hold at a time", Default: "1"),
        new Member("velocity", new Shape.Section(
            new Member("per", new Shape.Duration(), "the time in which leases are counted, 1s to 1h", Required: true),
            new Member("workload", new Shape.Whole(1, 100_000), "leases for one workload instance"),
            new Member("intent", new Shape.Whole(1, 100_000), "leases for one purpose, over all workloads"),
            new Member("owner", new Shape.Whole(1, 100_000), "leases for one owner that approvals name, over all workloads"),
            new Member("freeze", new Shape.Duration(), "how long claims stay frozen once a bound is passed, 1s to 24h", Default: "15m")),
            "how many leases are given in a time; autonomous workloads have 10 a minute where nothing is said"),
        new Member("intent", new Shape.Choice("required", "optional"), "whether a claim must choose among the scopes", Default: "optional"),
        new Member("evidence", new Shape.Section(
            new Member("oneTime", new Shape.Truth(), "each piece of evidence serves one claim", Default: "false"),
            new Member("minStrength", new Shape.Whole(0, 5), "least attestation strength", Default: "2"),
            new Member("maxDelegation", new Shape.Whole(0, 8), "longest chain of acting parties", Default: "1")),
            "what evidence must be like"),
        new Member("requires", new Shape.Section(
            new Member("image", new Shape.Section(
                new Member("digest", new Shape.Truth(), "whether the approved image must be pinned by digest", Required: true),
                new Member("signedBy", new Shape.ListOf(Signer, 16), "signers, one of which must have signed the approved image")),
                "what must be known of the image that was approved to run"),
            new Member("identity", new Shape.Choice("reviewed"), "the workload's effective identity was reviewed and accepted, and is the same still")),
            "what an approval must state besides"),
        new Member("delivery", new Shape.Section(
            new Member("env", new Shape.Choice(Delivery.Refused, Delivery.Accepted), "whether its credential may be put into an environment variable, where every child and whoever may look at the process reads it", Default: Delivery.Refused)),
            "how the credential may be handed on"),
        new Member("backend", new Shape.OneOf(backends), "the kind of credential and what it may do at most", Required: true),
        new Member("legacy", new Shape.Section(
            new Member("networkIsolation", Control, "what keeps the application apart on the network", Required: true),
            new Member("pam", Control, "the privileged-access management it goes through", Required: true),
            new Member("monitoring", Control, "what watches it", Required: true),
            new Member("owner", Party, "who answers for the controls", Required: true),
            new Member("reviewBy", Day, "nothing is issued from this day on (UTC) until they were looked at again; at most 90 days ahead", Required: true)),
            "for an application that can only check a credential out and in: controls that compensate; leases say notEquivalent"),
        new Member("quarantine", new Shape.Section(
            new Member("template", Label, "template that a quarantined claim is answered from", Required: true)),
            "what a suspicious claim gets instead"));
}
