using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Alarms;
using CredentialBroker.Protocol.Approvals;
using CredentialBroker.Protocol.Reviews;
using CredentialBroker.Protocol.Controls;
using CredentialBroker.Protocol.Keys;
using CredentialBroker.Protocol.Leases;
using CredentialBroker.Protocol.Exceptions;
using CredentialBroker.Protocol.Findings;
using CredentialBroker.Protocol.Hosts;
using CredentialBroker.Protocol.Incidents;
using CredentialBroker.Protocol.Operators;
using CredentialBroker.Protocol.Templates;
using CredentialBroker.Protocol.Uses;

namespace CredentialBroker.Cli.Tests.TestInfra;

/// <summary>Fixed facts.</summary>
internal static class The
{
    public const string Token = "eyJhbGciOiJub25lIn0.operator.sig";
    public const string LeaseId = "06bq2wz7v1e8k3m5n9p0r4s6t8";
    public const string ControlId = "06bq2wz7v1e8k3m5n9p0r4s6t9";
    public const string Jws = "aGVhZA.Ym9keQ.c2ln";
    public const string Yaml = "kind: IssuanceTemplate\nmetadata: { name: orders-read }\n";

    public static DateTimeOffset Noon { get; } = new(2030, 1, 31, 12, 0, 0, TimeSpan.Zero);

    public static KeyView Key { get; } = new("kid-1", "workload", "signing", Noon, Noon);

    public static LeaseView Lease { get; } = new()
    {
        Id = LeaseId,
        State = "active",
        Template = "orders-read",
        TemplateRevision = "r1",
        Backend = "postgres",
        Target = "orders",
        Environment = "prod",
        Task = "pipelines/4711",
        Approval = "06bq2wz7v1e8k3m5n9p0r4s6ta",
        Decision = "06bq2wz7v1e8k3m5n9p0r4s6td",
        Workload = "k8s://prod-eu/shop/checkout",
        Source = "prod-eu",
        Instance = "pod-1",
        IssuedAt = Noon,
        EndsAt = Noon.AddMinutes(15),
        EndsBecause = "ttl",
        MaxEndsAt = Noon.AddHours(4),
        DiesBy = Noon.AddMinutes(16),
        Revocability = Revocability.Principal,
    };

    public static ExposureView Exposure { get; } = new(LeaseId, "secret", true, 1, "INC-77", "https://login.test#ann", Noon) { Selector = $"lease={LeaseId}", FoundIn = "build 4711", Revocation = ControlId, DeadAt = Noon.AddSeconds(1.2), DeadAfterMs = 1200 };

    public static AlarmView Alarm { get; } = new(LeaseId, "falco-eu", "falco:critical:Terminal shell in container", Noon, 2, [$"revoke {ControlId}"]) { Selector = "instance=pod-1" };

    public static IdentityReviewView Review { get; } = new("k8s://prod-eu/shop/checkout", new string('a', 64), CheckView.Pass, ["Deployment shop/checkout"], [new CheckView("identity", CheckView.Pass, ["service account k8s://prod-eu/shop/checkout"], [])]);

    public static BlastRadius Reach { get; } = new("node=node-1", Noon.AddDays(-1), Noon, 6000, 12, 40, "40 instances hold 6000 live leases and held 12 that ended, at 1 targets", ["prod"], ["team-shop"],
        [new BlastGroup("postgres", "orders", "prod", "orders-read", "team-shop", Revocability.Principal, 6000, 12, Noon.AddMinutes(16))], [new BlastHolder("k8s://prod-eu/shop/checkout", "node-1", 200)],
        [new Privilege("postgres", "orders", "orders_reader", ["member"])], 5000);

    public static LeaseView Ending { get; } = Lease with { State = "ending", Cause = "revoked" };

    public static LeaseView Ended { get; } = Ending with { State = "ended", EndedAt = Noon.AddMinutes(1) };

    public static ApprovalView Approval { get; } = new()
    {
        Id = "06bq2wz7v1e8k3m5n9p0r4s6ta",
        Source = "prod-eu",
        Reference = "chg-1042",
        State = "bound",
        Environment = "prod",
        Templates = ["orders-read"],
        Workload = "k8s://prod-eu/shop/checkout",
        Tier = "standard",
        Approvers = ["ann", "bob"],
        ReceivedAt = Noon,
        ClaimBy = Noon.AddMinutes(5),
        ValidUntil = Noon.AddHours(1),
        MaxUses = 2,
        Uses = 1,
    };

    public static TemplateView Template { get; } =
        new("orders-read", "r1", "prod", "postgres", "orders", new Owners("team-platform", "team-security", "team-sre"), Yaml, TemplateView.Active, "bob", null, "ann", Noon);

    public static TemplateView Candidate { get; } = Template with { State = TemplateView.Candidate, Author = "bob", ProposedAt = Noon, ActivatedBy = null, ActivatedAt = null };

    public static ExceptionView Exception { get; } = new()
    {
        Id = ControlId,
        Kind = "exception",
        State = "live",
        Templates = ["orders-read"],
        May = new ExceptionTerms("30m", 4),
        Owners = new Owners("team-platform", "team-security", "team-sre"),
        Reason = "slow migration",
        Ticket = "INC-77",
        RequestedBy = "ann",
        RequestedAt = Noon,
        For = "8h",
        ApprovedBy = "bob",
        StartsAt = Noon,
        EndsAt = Noon.AddHours(8),
    };

    public static ControlView Control { get; } = new(ControlId, "template=orders-read", "INC-77", "ann", Noon, Noon.AddHours(2));

    public static CutOffView CutOff { get; } = new(
        "prod", "arn:aws:iam::111122223333:role/orders", Noon, Noon.AddHours(12), [LeaseId], 1, 2, "and every session of the role that this broker did not make", "pending", "IAM did not answer");

    public static WhoAmI Ann { get; } = new("ann", "https://login.example", "u-1", [new RoleView("auditor"), new RoleView("responder", "environment=prod")]);

    public static Explanation Granted { get; } = new(true, [new ClauseView("approval", true)], null, null,
        [new Privilege("postgres", "orders", "orders_reader", ["login"])], Noon.AddMinutes(15), "ttl");

    public static PlanView Plan { get; } = new("orders-read", "r1", "postgres", "orders", Revocability.Immediate, "2s", [])
    {
        Lease = "06bq2wz7v1e8k3m5n9p0r4s6t8", EndsAt = Noon.AddMinutes(15), DiesBy = Noon.AddMinutes(15), Privileges = [new Privilege("postgres", "orders", "role:orders_reader", ["member"])],
        Used = PlanView.Honoured, Proof = PlanView.Dead, TimeToDeadMs = 41,
    };

    public static PreviewView Preview { get; } = new("namespace=shop", 42, "42 are expected to be refused within 2s of their end",
        [new PreviewGroup("postgres", "orders", "prod", "orders-read", "team-platform", Revocability.Immediate, 42, "2s", Noon.AddMinutes(15))], [new PreviewWorkload("k8s://prod-eu/shop/checkout", 42)], true);

    public static RevocationView Revocation { get; } = new()
    {
        Id = "06bq2wz7v1e8k3m5n9p0r4s6t8", Selector = "namespace=shop", Reason = "INC-77", State = RevocationView.Finished, AskedBy = "ann", AskedAt = Noon, Previewed = 42, Taken = 42, Ended = 42,
        Remaining = 0, Failing = 0, FinishedAt = Noon.AddSeconds(3),
    };

    public static SavedSelector Selector { get; } = new("checkout", "namespace=shop", "the shop", "ann", Noon);

    public static UseView Use { get; } = new("06bq2wz7v1e8k3m5n9p0r4s6t8", Noon, "cloudtrail", "e-1", "s3.amazonaws.com:GetObject", "192.0.2.1", true, true);

    public static UseReceipt Receipt { get; } = new(3, 1, 2, 0, 0);

    public static IncidentReport Report { get; } = new()
    {
        MadeAt = Noon, Revocation = Revocation, Sentence = "42 of 42 leases are ended at their target", Timeline = [new ReportEvent(Noon, "asked for", "ann")], Classes = [], Leases = [], Omitted = 0, UsesAfterEnd = [],
    };

    public static HostView Host { get; } = new("host-1", "untrusted", Silent: false, Accepted: false, "20.10.24", "the engine acted on more than it showed", HeardAt: Noon);

    public static ChangeView Change { get; } = new(LeaseId, "orders-read", "prod", "orders", "k8s://prod-eu/shop/checkout", "pod-1", Noon, "image", "image_refused", "the template demands an image, and the approval states none");

    public static HostExposureView HostExposure { get; } = new("host-1", 2, 7, [new EngineUse("ci", "spiffe://people.example/ci", "build", "POST /containers/create", 3, Noon), new EngineUse("anonymous", "", "", "GET /info", 7, Noon)]);

    public static FindingView Finding { get; } = new("06bq2wz7v1e8k3m5n9p0r4s6t9", "configuration", "postgres/orders", "the broker's login lacks CREATEROLE", Noon);

    public static Explanation Refused { get; } = new(false,
        [new ClauseView("approval", false, ReasonCodes.NoApproval, "none covers it"), new ClauseView("freeze")], "approval", ReasonCodes.NoApproval);

    public static Problem Problem(int status, string code, string? detail = "what happened") => new() { Title = code.Replace('_', ' '), Status = status, Code = code, Detail = detail };
}
