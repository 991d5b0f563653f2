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
    public const string TargetName = AwsPrepared.TargetName;
    public const string BrokerId = "abc123";
    public const string Bucket = AwsPrepared.Bucket;
    private readonly AwsPrepared? _prepared;
    private readonly List<Replica> _replicas = [];

    private AwsRig(AwsPrepared? prepared, AwsTarget target, Replica replica, TimeProvider machine)
    {
        (_prepared, Clock, Replica, Target) = (prepared, new BrokerClock(machine), replica, target);
        Sessions = new AwsSessions(replica.Store, replica.Journal, Clock);
    }

    public AwsStandIn StandIn => _prepared!.StandIn;
    public StandInAccount Account => StandIn.State;
    public BrokerClock Clock { get; }
    public Replica Replica { get; }
    public KeyRings Rings { get; } = new("https://broker.example", ReservedAudiences.BuiltIn);
    public StandInUser Broker => _prepared!.Broker;
    public StandInRole Role => _prepared!.Role;
    public AwsTarget Target { get; private set; }
    public AwsConnections Connections { get; private set; } = null!;
    public AwsSessions Sessions { get; }
    public AwsDenials Denials { get; private set; } = null!;
    public AwsRoles Roles { get; private set; } = null!;
    public AwsTending Tending { get; private set; } = null!;
    public AwsBackend Backend { get; private set; } = null!;

    /// <param name="database">A PostgreSQL that replicas share; SQLite where there is none.</param>
    public static async Task<AwsRig> StartAsync(TimeProvider? machine = null, PostgresFixture? database = null, Func<AwsTarget, AwsTarget>? change = null, string? rights = null)
    {
        machine ??= TimeProvider.System;
        var clock = new BrokerClock(machine);
        var prepared = await AwsPrepared.StartAsync(machine, rights);
        var rig = new AwsRig(prepared, prepared.Target, await Replica.OpenAsync(database is null ? "sqlite" : "postgres", database!, clock: clock), machine);
        rig.Connect(change?.Invoke(rig.Target) ?? rig.Target);
        return rig;
    }

    /// <summary>A broker's backend, without a stand-in.</summary>
    public static async Task<AwsRig> AtAsync(AwsTarget target)
    {
        var rig = new AwsRig(null, target, await Replica.OpenAsync("sqlite", null!, clock: new BrokerClock(TimeProvider.System)), TimeProvider.System);
        rig.Connect(target);
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
    public void AddTo(JsonObject configuration) => _prepared!.AddTo(configuration);

    public async ValueTask DisposeAsync()
    {
        Connections.Dispose();
        foreach (var replica in _replicas) await replica.DisposeAsync();
        await Replica.DisposeAsync();
        if (_prepared is not null) await _prepared.DisposeAsync();
    }
}
