namespace CredentialBroker.Protocol.Selectors;

/// <summary>The dimensions that selectors know.</summary>
public static class Dimensions
{
    /// <summary>Every dimension, in the order of the reference page.</summary>
    public static IReadOnlyList<string> All { get; } =
    [
        "lease", "template", "backend", "target", "environment", "state", "task", "approval", "decision", "workload", "source",
        "subject", "instance", "cluster", "namespace", "serviceaccount", "pod", "node", "cause", "revocability", "issued", "ends",
    ];

    /// <summary>Dimensions whose values are times (RFC 3339), compared with &lt; and &gt;.</summary>
    public static IReadOnlyList<string> Times { get; } = ["issued", "ends"];
}
