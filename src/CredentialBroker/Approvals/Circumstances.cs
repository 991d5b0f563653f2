using System.Text.Json.Serialization;

namespace CredentialBroker.Approvals;

/// <summary>What a source saw of the thing that was approved, and why it was: the need, the posture, what of the host it is given (R44, R45).</summary>
internal sealed record Circumstances
{
    public const string Autonomous = "autonomous";

    public static readonly IReadOnlyList<string> RiskClasses = ["service", "ci", Autonomous, "legacy"];

    public static Circumstances None { get; } = new();

    /// <summary>Each host resource exactly, such as <c>bind:/data:/data:ro</c>, <c>capability:SYS_ADMIN</c>, <c>namespace:host-pid</c>, <c>privileged</c>.</summary>
    public IReadOnlyList<string> HostResources { get; init; } = [];

    /// <summary>What makes a stolen credential reach further (R69), such as <c>automounted-token</c>, <c>metadata-reachable</c>, <c>rbac-wildcard</c>, <c>node-role</c>.</summary>
    public IReadOnlyList<string> Weaknesses { get; init; } = [];

    /// <summary>Name of the posture that was approved, which the gate compared the running thing with.</summary>
    public string? Posture { get; init; }

    /// <summary>The need: a ticket or change.</summary>
    public string? Ticket { get; init; }

    /// <summary>One of <see cref="RiskClasses"/>; null is <c>service</c>.</summary>
    public string? RiskClass { get; init; }

    /// <summary>The person or team that answers for what an autonomous workload does (R20).</summary>
    public string? Owner { get; init; }

    [JsonIgnore]
    public bool IsAutonomous => RiskClass == Autonomous;

    /// <summary>Whether there is anything to keep.</summary>
    [JsonIgnore]
    public bool IsNone => this is { HostResources.Count: 0, Weaknesses.Count: 0, Posture: null, Ticket: null, RiskClass: null, Owner: null };
}
