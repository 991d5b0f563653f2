using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using CredentialBroker.Protocol;
using CredentialBroker.Storage;
using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Audit;

/// <summary>Streams that can be read alone and are joined by lease id (R29).</summary>
internal static class Streams
{
    public const string Issuance = "issuance";
    public const string Use = "use";
    public const string Access = "access";
    public const string Control = "control";
}

/// <summary>One audit record. Blocks that do not apply are absent. Never carries a secret, only a keyed fingerprint.</summary>
internal sealed record AuditEvent
{
    public required string Id { get; init; }
    public required long Time { get; init; }
    public required string Type { get; init; }
    public required string Stream { get; init; }
    public string? Lease { get; init; }
    public string? Approval { get; init; }
    public string? Task { get; init; }
    public string? Template { get; init; }
    public string? Environment { get; init; }
    public DecisionBlock? Decision { get; init; }
    public CallerBlock? Caller { get; init; }
    public IReadOnlyList<Privilege>? EffectivePrivileges { get; init; }
    public CredentialBlock? Credential { get; init; }
    public Owners? Owners { get; init; }
    public ChainBlock? Chain { get; init; }
    public string? Cause { get; init; }
    public string? Actor { get; init; }
    public string? Subject { get; init; }
    public string? Detail { get; init; }
    public long? Count { get; init; }

    /// <summary>The approval, where the record tells about it and not about what came of it; records are found by it.</summary>
    [JsonIgnore]
    public string? AboutApproval => Lease is null && Stream == Streams.Control ? Approval : null;

    public static AuditEvent Of(TimeProvider clock, string type, string stream) => new()
    {
        Id = Ids.New(clock),
        Time = clock.NowMs(),
        Type = type,
        Stream = stream,
    };

    /// <summary>The record of one decision: it cannot be made without caller, decision and effective privileges together (R15).</summary>
    public static AuditEvent OfDecision(TimeProvider clock, CallerBlock caller, DecisionBlock decision, IReadOnlyList<Privilege> privileges)
    {
        ArgumentNullException.ThrowIfNull(caller);
        ArgumentNullException.ThrowIfNull(decision);
        ArgumentNullException.ThrowIfNull(privileges);
        return Of(clock, "credential.decision", Streams.Issuance) with { Caller = caller, Decision = decision, EffectivePrivileges = privileges };
    }

    /// <summary>The record's bytes as they are hashed and stored.</summary>
    public string ToBody() => Encoding.UTF8.GetString(JsonSerializer.SerializeToUtf8Bytes(this, AuditJson.Default.AuditEvent));

    /// <summary>This record as work of a unit.</summary>
    public Work On(AuditChain chain) => chain.Append(this);
}

/// <param name="Effect"><c>granted</c>, <c>refused</c>, <c>deferred</c> or <c>quarantined</c>.</param>
/// <param name="ReasonCode">Stable code; <c>ok</c> when granted.</param>
/// <param name="Clause">The clause that failed, when one did.</param>
/// <param name="PolicyRevision">Revision of the external policy, when asked.</param>
internal sealed record DecisionBlock(
    string Id, string Effect, string ReasonCode, string? Clause, string Operation, string? Tier, string? TemplateRevision, string? PolicyRevision, long Epoch)
{
    /// <summary>Who activated the template's revision (R40).</summary>
    public string? ActivatedBy { get; init; }

    /// <summary>Fingerprint of the identity that was reviewed, where the template asks for it (R58).</summary>
    public string? Identity { get; init; }

    /// <summary>Whose key signed the template's revision, where signatures are asked for (R40).</summary>
    public string? SignedBy { get; init; }

    /// <summary>What the external policy point calls its decision in its own log.</summary>
    public string? PolicyDecision { get; init; }

    /// <summary>Minimum controls of the environment that the claim was judged by (R67).</summary>
    public string? Profile { get; init; }

    /// <summary>What policy was told of the approved image, host resources and need (R45, R63), where the approval stated any.</summary>
    public StatedBlock? Stated { get; init; }

    /// <summary>Exception that the claim was judged under.</summary>
    public string? Exception { get; init; }

    /// <summary>True for a legacy check-out (R32).</summary>
    public bool? NotEquivalent { get; init; }
}

/// <summary>What an approval stated about the thing that runs.</summary>
internal sealed record StatedBlock(
    string? Image, string? ImageSigner, string? Posture, string? Ticket, string? RiskClass, string? Owner, IReadOnlyList<string>? HostResources, IReadOnlyList<string>? Weaknesses);

/// <summary>Who asked, as far as it was proven.</summary>
internal sealed record CallerBlock(
    string? Source, string? Kind, string? Workload, string? Subject, string? Instance, int Strength, string? Evidence, IReadOnlyList<string>? ActChain);

internal sealed record CredentialBlock(string Backend, string Target, string? Fingerprint, long IssuedAt, long EndsAt, long DiesBy);

/// <summary>First record of a chain.</summary>
internal sealed record ChainBlock(long Chain, string Writer, long? Predecessor, long? PredecessorSeq, string? PredecessorHash);

[JsonSerializable(typeof(AuditEvent))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
internal sealed partial class AuditJson : JsonSerializerContext;
