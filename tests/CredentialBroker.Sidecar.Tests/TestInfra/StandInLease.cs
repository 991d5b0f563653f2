using System.Globalization;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Leases;
using CredentialBroker.Protocol.Workload;

namespace CredentialBroker.Sidecar.Tests.TestInfra;

/// <summary>What renewing a lease of the stand-in's templates does.</summary>
internal enum StandInRenewal
{
    Extend,
    Reissue,
    None,
}

/// <summary>A template of the stand-in.</summary>
/// <param name="Members">The credential's members, given the number of the credential.</param>
internal sealed record StandInTemplate(string Name, string Backend, Func<int, Dictionary<string, string>> Members)
{
    public TimeSpan Ttl { get; init; } = TimeSpan.FromMinutes(10);

    public TimeSpan MaxTtl { get; init; } = TimeSpan.FromHours(1);

    public StandInRenewal Renewal { get; init; } = StandInRenewal.Reissue;

    /// <summary>Whether its credentials may be put into an environment.</summary>
    public bool EnvAccepted { get; init; }

    public Delivery? Delivery => EnvAccepted ? new Delivery(Delivery.Accepted) : null;

    public int ConcurrentLeases { get; init; } = 3;
}

/// <summary>A lease of the stand-in.</summary>
internal sealed class StandInLease(string id, StandInTemplate template, DateTimeOffset issuedAt)
{
    public string Id => id;

    public StandInTemplate Template => template;

    public string State { get; set; } = "active";

    public DateTimeOffset EndsAt { get; set; } = issuedAt + template.Ttl;

    public string EndsBecause { get; set; } = "ttl";

    public DateTimeOffset MaxEndsAt => issuedAt + template.MaxTtl;

    public LeaseView View => new()
    {
        Id = id, State = State, Template = template.Name, TemplateRevision = "r1", Backend = template.Backend, Target = "main", Environment = "test", Task = "task-1",
        Approval = "approval-1", Decision = "decision-1", Workload = "k8s://cluster/shop/checkout", Source = "cluster", Instance = "pod-1", IssuedAt = issuedAt,
        EndsAt = EndsAt, EndsBecause = EndsBecause, MaxEndsAt = MaxEndsAt, DiesBy = EndsAt, Revocability = Revocability.Immediate,
    };

    public LeaseStanding Standing(bool frozen) => new(id, State, EndsAt, EndsBecause, frozen, EndsAt < MaxEndsAt ? EndsAt : null);
}

/// <summary>Templates of each kind, with members as the broker's backends name them.</summary>
internal static class The
{
    public const string Evidence = "evidence.of.pod-1";

    public static StandInTemplate Orders { get; } = new("orders", "postgres", n => new()
    {
        ["host"] = "db.test", ["port"] = "5432", ["database"] = "orders", ["username"] = $"cb-broker-{n}", ["password"] = $"pass:word\\{n}", ["sslmode"] = "require",
        ["uri"] = $"postgresql://cb-broker-{n}@db.test:5432/orders",
    }) { Renewal = StandInRenewal.Extend };

    public static StandInTemplate Aws { get; } = new("aws", "aws", n => new()
    {
        ["accessKeyId"] = $"ASIAEXAMPLE{n}", ["secretAccessKey"] = $"secret-key-{n}", ["sessionToken"] = $"session-token-{n}", ["expiration"] = "2026-03-01T13:00:00Z", ["region"] = "eu-central-1",
    });

    public static StandInTemplate Token { get; } = new("token", "signed-token", n => new() { ["token"] = string.Create(CultureInfo.InvariantCulture, $"header.claims.signature{n}"), ["tokenType"] = "Bearer" });

    public static StandInTemplate Azure { get; } = new("azure", "azure", n => new() { ["token"] = $"azure-token-{n}", ["expiresOn"] = "1772370000", ["clientId"] = "cccccccc-0000-4000-8000-000000000003" });

    public static StandInTemplate Gcp { get; } = new("gcp", "gcp", n => new() { ["token"] = $"ya29.gcp-{n}", ["expiresOn"] = "1772370000" });

    public static StandInTemplate GitHub { get; } = new("github", "github", n => new() { ["token"] = $"ghs_token{n}", ["username"] = "x-access-token", ["api"] = "https://api.github.com/", ["expiresAt"] = "2026-03-01T13:00:00Z" });

    public static StandInTemplate Kubernetes { get; } = new("cluster", "kubernetes", n => new() { ["token"] = $"kube.token.{n}", ["server"] = "https://127.0.0.1:6443/", ["namespace"] = "shop", ["serviceAccount"] = "deployer", ["expiresAt"] = "2026-03-01T13:00:00Z" });

    public static StandInTemplate Secret { get; } = new("secret", "vault", n => new() { ["username"] = $"v-user-{n}", ["password"] = $"v-pass-{n}" }) { Renewal = StandInRenewal.Extend };

    public static IEnumerable<StandInTemplate> All => [Orders, Aws, Token, Azure, Gcp, GitHub, Kubernetes, Secret];
}
