using CredentialBroker.Backends;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Leases;

namespace CredentialBroker.Templates;

/// <summary>A template ready to be asked; every rule of it was checked when it was compiled. Times are milliseconds.</summary>
internal sealed record CompiledTemplate
{
    public required string Name { get; init; }
    public required string Environment { get; init; }
    /// <summary>SHA-256 of the source text in lower-case hexadecimal; decisions name it.</summary>
    public required string Revision { get; init; }
    public required Owners Owners { get; init; }
    public required IReadOnlyList<WorkloadPattern> Workloads { get; init; }
    public required IReadOnlyList<string> ApprovalSources { get; init; }
    /// <summary><c>low</c>, <c>standard</c> or <c>critical</c>.</summary>
    public required string Tier { get; init; }
    public required long Ttl { get; init; }
    public required long MaxTtl { get; init; }
    public required long MaxResidual { get; init; }
    public required int ConcurrentLeases { get; init; }
    public required bool IntentRequired { get; init; }
    public required bool OneTimeEvidence { get; init; }
    public required int MinStrength { get; init; }
    public required int MaxDelegation { get; init; }
    /// <summary>Bounds on how fast leases are given; null for none of its own.</summary>
    public Velocity? Velocity { get; init; }
    /// <summary>What must be known of the image that runs; null when nothing is demanded.</summary>
    public ImageDemand? Image { get; init; }
    /// <summary>Whether the workload's identity must have been reviewed and accepted as it is now (R58).</summary>
    public bool IdentityReviewed { get; init; }
    /// <summary>How its credential may be handed on; null where it says nothing beyond what is always allowed.</summary>
    public Delivery? Delivery { get; init; }
    public required Backend Backend { get; init; }
    public required Grant Grant { get; init; }
    /// <summary>Template that a quarantined claim is answered from; null when it is refused instead.</summary>
    public string? Quarantine { get; init; }
    /// <summary>Compensating controls of a legacy check-out; null for everything else.</summary>
    public LegacyControls? Legacy { get; init; }
    /// <summary>Who activated this revision; null for one that is not active.</summary>
    public string? ActivatedBy { get; init; }
    /// <summary>Whose key signed this revision; null where nobody asks for signatures.</summary>
    public string? Signer { get; init; }
    /// <summary>The text it was compiled from.</summary>
    public required string Source { get; init; }

    /// <summary>Name of the backend and of the target, for rooms that may not know backends.</summary>
    public string BackendName => Backend.Name;

    public string Target => Grant.Target;

    public Revocability Revocability => Backend.RevocabilityOf(Grant);

    /// <summary>What this claim would get: the template's grant, narrowed by intent and approval, filled with facts.</summary>
    public Scoped Scope(Intent? asked, Intent? approved, IReadOnlyDictionary<string, string> facts) =>
        Grant.Narrow(asked, approved, facts) switch
        {
            Narrowed.To to => new Scoped.To(to.Grant, to.Grant.Privileges),
            Narrowed.Refused refused => new Scoped.Refused(refused.Code, refused.Detail),
            _ => throw new InvalidOperationException("a narrowing has two outcomes"),
        };
}

/// <summary>What stands in for a credential of its own where an old application can only check one out (R32).</summary>
/// <param name="ReviewBy">From when on nothing is issued until somebody looked again, in UTC milliseconds.</param>
internal sealed record LegacyControls(string NetworkIsolation, string Pam, string Monitoring, string Owner, long ReviewBy);

internal abstract record Scoped
{
    private Scoped() { }

    internal sealed record To(Grant Grant, IReadOnlyList<Privilege> Privileges) : Scoped;

    internal sealed record Refused(string Code, string Detail) : Scoped;
}

/// <summary>What a template demands of the image that was approved to run (R63).</summary>
/// <param name="Digest">It must be pinned by digest.</param>
/// <param name="SignedBy">Signers, any of which must have been verified: issuer, a space, subject; empty demands none.</param>
internal sealed record ImageDemand(bool Digest, IReadOnlyList<string> SignedBy);
