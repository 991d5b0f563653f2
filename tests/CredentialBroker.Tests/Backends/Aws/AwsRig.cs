using System.Text.Json;
using System.Text.Json.Nodes;
using CredentialBroker.Issuer;
using CredentialBroker.Protocol;
using CredentialBroker.Storage;
using CredentialBroker.TestInfra;
using Microsoft.Extensions.Logging.Abstractions;

namespace CredentialBroker.Backends.Aws;

/// <summary>An account as an operator would prepare it, at the stand-in, and a broker's backend with a store of its own.</summary>
internal sealed class AwsRig : IAsyncDisposable
{
    public const string TargetName = "prod";
    public const string BrokerId = "abc123";
    public const string Bucket = "arn:aws:s3:::orders";
    private readonly string _folder = Directory.CreateTempSubdirectory("credbroker-aws-").FullName;
    private readonly List<Replica> _replicas = [];

    private AwsRig(AwsStandIn standIn, Replica replica, TimeProvider machine)
    {
        (StandIn, Clock) = (standIn, new BrokerClock(machine));
        Use(replica);
    }

    public AwsStandIn StandIn { get; }
    public StandInAccount Account => StandIn.State;
    public BrokerClock Clock { get; }
    public Replica Replica { get; private set; } = null!;
    public KeyRings Rings { get; } = new("https://broker.example", ReservedAudiences.BuiltIn);
    public StandInUser Broker { get; private set; } = null!;
    public StandInRole Role { get; private set; } = null!;
    public AwsTarget Target { get; private set; } = null!;
    public AwsConnections Connections { get; private set; } = null!;
    public AwsSessions Sessions { get; private set; } = null!;
    public AwsDenials Denials { get; private set; } = null!;
    public AwsRoles Roles { get; private set; } = null!;
    public AwsTending Tending { get; private set; } = null!;
    public AwsBackend Backend { get; private set; } = null!;

    /// <param name="database">A PostgreSQL that replicas share; SQLite where there is none.</param>
    public static async Task<AwsRig> StartAsync(TimeProvider? machine = null, PostgresFixture? database = null, Func<AwsTarget, AwsTarget>? change = null, string? rights = null)
    {
        machine ??= TimeProvider.System;
        var clock = new BrokerClock(machine);
        var rig = new AwsRig(await AwsStandIn.StartAsync(machine), await Replica.OpenAsync(database is null ? "sqlite" : "postgres", database!, clock: clock), machine);
        rig.Prepare(rights ?? StandInAccount.Everything);
        rig.Connect(change?.Invoke(rig.Target) ?? rig.Target);
        return rig;
    }

    /// <summary>A broker anew, as after a restart or with other options.</summary>
    public void Connect(AwsTarget target)
    {
        Connections?.Dispose();
        Target = target;
        Connections = new AwsConnections(BrokerId, new Dictionary<string, AwsTarget> { [TargetName] = target }, Rings, Clock);
        Denials = new AwsDenials(BrokerId, Sessions, Clock);
        Roles = new AwsRoles(BrokerId, Sessions, Denials, Clock);
        Tending = new AwsTending(Connections, Sessions, Denials, Roles, new AwsLog(NullLogger<AwsLog>.Instance), Clock);
        Backend = AwsServices.Of(BrokerId, Connections, Sessions, Denials, Roles, Clock);
    }

    /// <summary>Another process of the same broker on the same store.</summary>
    public async Task<AwsBackend> AnotherAsync()
    {
        var replica = await Replica.AnotherAsync(Clock);
        _replicas.Add(replica);
        var sessions = new AwsSessions(replica.Store, replica.Journal, Clock);
        var denials = new AwsDenials(BrokerId, sessions, Clock);
        return AwsServices.Of(BrokerId, Connections, sessions, denials, new AwsRoles(BrokerId, sessions, denials, Clock), Clock);
    }

    public AwsGrant Grant(string? role = null, AwsProbe? probe = null, int longest = 3600, IReadOnlyList<string>? policies = null, params AwsStatement[] statements) => new(
        TargetName, role ?? Role.Arn, longest, policies ?? [], [], probe ?? Probe(), statements.Length > 0 || policies is not null ? statements : [Read]);

    public AwsGrant OwnRole(params AwsStatement[] statements) => Grant(statements: statements) with { Role = null };

    public static AwsStatement Read { get; } = new("Allow", ["s3:GetBucketLocation"], [Bucket], []);

    public AwsProbe Probe(string path = "/orders?location") => new("s3", new Uri(StandIn.Url, path), StandInAccount.Region);

    public Order Order(TimeSpan? life = null, TimeSpan? deadline = null, AwsGrant? grant = null)
    {
        var now = Clock.NowMs();
        return new Order(
            Ids.New(Clock), grant ?? Grant(), new Dictionary<string, string> { ["workload.uri"] = "k8s://prod/shop/checkout" },
            now + (long)(life ?? TimeSpan.FromMinutes(5)).TotalMilliseconds, now + (long)(deadline ?? TimeSpan.FromSeconds(60)).TotalMilliseconds) { Approval = "approval-1", Task = "cluster/pod-1", Template = "orders" };
    }

    public async Task<(string Handle, Minted Minted, Order Order)> MintAsync(AwsGrant? grant = null, TimeSpan? life = null, AwsBackend? backend = null)
    {
        backend ??= Backend;
        var order = Order(life, grant: grant);
        var handle = await backend.PrepareAsync(backend.Plan(order), order, default);
        var minted = await backend.MintAsync(handle, order, default);
        return (minted.Handle ?? handle, minted, order);
    }

    /// <summary>What a workload would do: a request of its own, signed with what it got.</summary>
    public async Task<bool> WorksAsync(Secret secret, string path = "/orders?location") => await AwsUse.TryAsync(Connections.To(TargetName).Wire, Probe(path), secret, default) == CredentialBroker.Backends.Probe.Alive;

    public StandInSession Session(Secret secret) => Account.Locked(() => Account.Sessions[Parts(secret)["accessKeyId"]]);

    public static Dictionary<string, string> Parts(Secret secret) => JsonSerializer.Deserialize<Dictionary<string, string>>(secret.Reveal().Span)!;

    /// <summary>What the role denies, as IAM holds it.</summary>
    public string? Denied(StandInRole? role = null) => Account.Locked(() => (role ?? Role).Inline.GetValueOrDefault(SessionNames.DenialsOf(BrokerId)));

    /// <summary>The target in a broker's configuration.</summary>
    public void AddTo(JsonObject configuration) => configuration["Targets"]!["Aws"] = new JsonObject
    {
        [TargetName] = new JsonObject
        {
            [nameof(AwsTarget.Account)] = Target.Account, ["Region"] = Target.Region, [nameof(AwsTarget.Roles)] = new JsonArray([.. Target.Roles.Select(one => (JsonNode)one)]), ["StsEndpoint"] = StandIn.Url.ToString(), ["IamEndpoint"] = StandIn.Url.ToString(),
            ["ProbeEndpoints"] = new JsonArray(StandIn.Url.ToString()), ["ExternalId"] = Target.ExternalId,
            ["LeaseRoles"] = Target.LeaseRoles is { } roles ? new JsonObject { ["Path"] = roles.Path, ["TrustedPrincipal"] = roles.TrustedPrincipal, ["PermissionsBoundary"] = roles.PermissionsBoundary } : null,
            ["Login"] = new JsonObject { ["Method"] = "keys", ["AllowStaticKeys"] = true, ["AccessKeyIdFile"] = Target.Login.AccessKeyIdFile, ["SecretAccessKeyFile"] = Target.Login.SecretAccessKeyFile },
        },
    };

    public async ValueTask DisposeAsync()
    {
        Connections.Dispose();
        foreach (var replica in _replicas) await replica.DisposeAsync();
        await Replica.DisposeAsync();
        await StandIn.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
        Assert.Equal("", string.Join("\n", StandIn.Undocumented));
    }

    private void Use(Replica replica)
    {
        Replica = replica;
        Sessions = new AwsSessions(replica.Store, replica.Journal, Clock);
    }

    private void Prepare(string rights)
    {
        Broker = Account.AddUser("broker", rights);
        Role = Account.AddRole("orders", StandInAccount.Trust(Broker.Arn, "house"), """{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:*"],"Resource":"*"}]}""");
        Account.Policies[$"arn:aws:iam::{StandInAccount.Id}:policy/bound"] = PolicyDocument.Read("""{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}""", isTrust: false);
        File.WriteAllText(Path.Combine(_folder, "id"), Broker.KeyId + "\n");
        File.WriteAllText(Path.Combine(_folder, "secret"), Broker.Secret + "\n");
        Target = new AwsTarget
        {
            Account = StandInAccount.Id, Region = StandInAccount.Region, Roles = [Role.Arn], StsEndpoint = StandIn.Url, IamEndpoint = StandIn.Url, ExternalId = "house", RequestTimeout = TimeSpan.FromSeconds(3),
            ProbeEndpoints = [StandIn.Url],
            LeaseRoles = new AwsLeaseRoles { TrustedPrincipal = Broker.Arn, PermissionsBoundary = $"arn:aws:iam::{StandInAccount.Id}:policy/bound" },
            Login = new AwsLogin { Method = "keys", AllowStaticKeys = true, AccessKeyIdFile = Path.Combine(_folder, "id"), SecretAccessKeyFile = Path.Combine(_folder, "secret") },
        };
    }
}
