namespace CredentialBroker.Protocol.Selectors;

/// <summary>The dimensions that selectors know.</summary>
public static class Dimensions
{
    /// <summary>Every dimension, in the order of the reference page.</summary>
    public static IReadOnlyList<string> All { get; } =
    [
        "lease", "template", "tier", "owner", "backend", "target", "environment", "state", "task", "approval", "approver", "decision", "workload", "spiffeid", "source",
        "issuer", "keyid", "agent", "subject", "instance", "cluster", "namespace", "serviceaccount", "pod", "container", "image", "node", "cause", "revocability",
        "issued", "ends", "dies",
    ];

    /// <summary>Dimensions whose values are times (RFC 3339), compared with &lt; and &gt;.</summary>
    public static IReadOnlyList<string> Times { get; } = ["issued", "ends", "dies"];

    /// <summary>
    /// Dimensions that may have several values: <c>=</c> holds when one of them is equal, <c>!=</c> when none is. In memory
    /// they are one text, a line each.
    /// </summary>
    public static IReadOnlyList<string> Lists { get; } = ["approver", "agent"];
}
