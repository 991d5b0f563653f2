using CredentialBroker.Approvals;
using CredentialBroker.Attestation;
using CredentialBroker.Controls;
using CredentialBroker.Exceptions;
using CredentialBroker.Policy;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Exceptions;
using CredentialBroker.Protocol.Selectors;
using CredentialBroker.Templates;

namespace CredentialBroker.TestInfra;

/// <summary>Fixed facts that tests refer to.</summary>
internal static class The
{
    /// <summary>2030-01-01T00:00:00Z.</summary>
    public const long Now = 1_893_456_000_000;
    public const long Minute = 60_000;
    public const long Hour = 60 * Minute;
    public const string Uri = "k8s://prod-eu/shop/checkout";
    public const string Instance = "pod-uid-1";
}

/// <summary>A claim that is granted, and its parts; a test changes the fact it is about.</summary>
internal static class Some
{
    public static Facts Facts() => new(
        Workload(), new Ask("orders-read", null, null, null), Template(), Approval(), Controls(), new Verdict.NotAsked(), null, TaskEnded: false, The.Now);

    public static Workload Workload() => new(
        "prod-eu", "kubernetes", The.Uri, "system:serviceaccount:shop:checkout", The.Instance, 3,
        new Dictionary<string, string>
        {
            ["cluster"] = "prod-eu", ["namespace"] = "shop", ["serviceAccount"] = "checkout", ["serviceAccountUid"] = "sa-uid-1", ["pod"] = "checkout-1", ["node"] = "node-1",
        },
        [], "evidence-1", The.Now + The.Hour);

    public static CompiledTemplate Template() => new()
    {
        Name = "orders-read",
        Environment = "prod",
        Revision = "r1",
        Owners = new Owners("team-platform", "team-security", "team-sre"),
        Workloads = [new WorkloadPattern(The.Uri)],
        ApprovalSources = ["gate"],
        Tier = "standard",
        Ttl = 15 * The.Minute,
        MaxTtl = 4 * The.Hour,
        MaxResidual = 0,
        ConcurrentLeases = 1,
        IntentRequired = false,
        OneTimeEvidence = false,
        MinStrength = 2,
        MaxDelegation = 1,
        Backend = new FakeBackend("fake"),
        Grant = new FakeGrant("orders", "read", "write"),
        Source = "",
    };

    public static Approval Approval() => new()
    {
        Id = "approval-1",
        Source = "gate",
        Reference = "ref-1",
        State = ApprovalState.Confirmed,
        Environment = "prod",
        Templates = ["orders-read"],
        WorkloadUri = The.Uri,
        Instance = The.Instance,
        Binding = Binding.Exact,
        Facts = new Dictionary<string, string>(),
        Task = "task-1",
        Tier = "standard",
        ReceivedAt = The.Now - The.Minute,
        ClaimBy = The.Now + (14 * The.Minute),
        ValidUntil = The.Now + (8 * The.Hour),
        MaxUses = 1,
        Uses = 0,
    };

    public static ControlSnapshot Controls(params IReadOnlyList<Freeze> freezes) => new(1, freezes, []);

    public static Freeze Freeze(string selector, long? expiresAt = null) =>
        new("freeze-1", selector, Selector.Parse(selector), "incident 7", "rita", The.Now - The.Minute, expiresAt);

    /// <summary>Live for an hour, asked for by alice, approved by bob.</summary>
    public static ExceptionRecord Exception(ExceptionTerms? may = null) => new()
    {
        Id = "exception-1",
        Kind = RecordKind.Exception,
        State = RecordState.Approved,
        Name = "",
        Templates = ["orders-read"],
        Terms = may ?? new ExceptionTerms("30m"),
        Owners = new Owners("team-platform", "team-security", "team-sre"),
        Reason = "slow migration",
        Ticket = "INC-77",
        RequestedBy = "alice",
        RequestedAt = The.Now - The.Hour,
        Length = 2 * The.Hour,
        ApprovedBy = "bob",
        StartsAt = The.Now - The.Minute,
        EndsAt = The.Now + The.Hour,
    };

    public static LegacyControls Legacy(long reviewBy) => new("own VLAN", "vault of the operators", "session recording", "team-platform", reviewBy);

    public static RenewedLease Lease() => new("lease-1", The.Instance, "approval-1", The.Now + (2 * The.Hour));
}
