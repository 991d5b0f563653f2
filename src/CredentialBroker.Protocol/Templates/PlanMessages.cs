namespace CredentialBroker.Protocol.Templates;

/// <summary>Body of <c>POST /v1/templates/{name}/plan</c>; may be empty.</summary>
/// <param name="Workload">URI of the workload that the canary stands in for; the template's first unless told.</param>
/// <param name="Intent">Scopes and parameters wanted.</param>
public sealed record PlanRequest(string? Workload = null, Intent? Intent = null);

/// <summary>What trying a template at its target showed: a canary's credential was made, used, ended, and used until it was refused.</summary>
/// <param name="Template">Name.</param>
/// <param name="Revision">Hash of its text.</param>
/// <param name="Backend">Kind of credential.</param>
/// <param name="Target">Where it is honoured.</param>
/// <param name="Revocability">What ending means for its credentials.</param>
/// <param name="ExpectedLatency">How soon an ended credential is expected to be refused, such as <c>2s</c>.</param>
/// <param name="Findings">What the target lacks for making and ending leases; empty when all is well.</param>
public sealed record PlanView(
    string Template, string Revision, string Backend, string Target, Revocability Revocability, string ExpectedLatency, IReadOnlyList<string> Findings)
{
    /// <summary>The credential was honoured.</summary>
    public const string Honoured = "honoured";
    /// <summary>The credential was made and was not honoured.</summary>
    public const string NotHonoured = "not_honoured";
    /// <summary>The template names no harmless action to use it for, or nothing ends it before its own expiry.</summary>
    public const string NotPossible = "not_possible";
    /// <summary>After its end the credential was refused.</summary>
    public const string Dead = "dead";
    /// <summary>It is still honoured; the proof goes on and its lease will tell.</summary>
    public const string Pending = "pending";

    /// <summary>Reason code where nothing was made.</summary>
    public string? Code { get; init; }
    /// <summary>Why not.</summary>
    public string? Detail { get; init; }
    /// <summary>The canary's lease.</summary>
    public string? Lease { get; init; }
    /// <summary>When it would have been over by itself.</summary>
    public DateTimeOffset? EndsAt { get; init; }
    /// <summary>When its credential is dead at the latest even if ending fails.</summary>
    public DateTimeOffset? DiesBy { get; init; }
    /// <summary>What it could do.</summary>
    public IReadOnlyList<Privilege>? Privileges { get; init; }
    /// <summary><c>honoured</c>, <c>not_honoured</c> or <c>not_possible</c>.</summary>
    public string? Used { get; init; }
    /// <summary><c>dead</c>, <c>pending</c> or <c>not_possible</c>.</summary>
    public string? Proof { get; init; }
    /// <summary>Milliseconds from asking for its end to the first refusal.</summary>
    public long? TimeToDeadMs { get; init; }
}
