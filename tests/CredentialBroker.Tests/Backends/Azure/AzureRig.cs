using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using CredentialBroker.Issuer;
using CredentialBroker.Protocol;
using CredentialBroker.Storage;

namespace CredentialBroker.Backends.Azure;

/// <summary>A tenant as an operator would prepare it: the broker's own application, and one identity for leases, both trusting the broker's federation issuer.</summary>
internal sealed class AzureRig : IAsyncDisposable
{
    public const string TargetName = "prod";
    public const string BrokerApplication = "cccccccc-0000-4000-8000-000000000003";
    public const string BrokerPrincipal = "cccccccc-0000-4000-8000-00000000000c";
    public const string OrdersApplication = "dddddddd-0000-4000-8000-000000000004";
    public const string OrdersPrincipal = "dddddddd-0000-4000-8000-00000000000d";
    public const string VaultAudience = "https://vault.azure.net/.default";
    private const int Many = 40;
    private int _next;
    private readonly SigningKey _key = SigningKey.Generate(KeyPurpose.Federation);

    private AzureRig(AzureStandIn standIn, TimeProvider time)
    {
        (StandIn, Clock) = (standIn, new BrokerClock(time));
        BrokerId = RandomNumberGenerator.GetString("0123456789abcdefghjkmnpqrstvwxyz", 6);
        Rings.Federation.Replace(_key, [_key.Verifying]);
        var state = standIn.State;
        state.Authority.Keys[Rings.Federation.Issuer] = () => System.Text.Encoding.UTF8.GetString(Rings.Federation.Jwks.Span);
        Prepare(state, Rings.Federation.Issuer);
        Target = new AzureTarget
        {
            TenantId = AzureStandInState.Tenant, AuthorityHost = standIn.Url, GraphEndpoint = standIn.Url, ResourceManagerEndpoint = standIn.Url, RootCertificateFile = standIn.RootCertificateFile,
            Own = new AzureIdentity { ClientId = BrokerApplication },
            Identities = Enumerable.Range(0, Many).Select(i => ($"spare-{i}", new AzureIdentity { ClientId = Spare(i, 'a'), PrincipalId = Spare(i, 'b') }))
                .Append(("orders", new AzureIdentity { ClientId = OrdersApplication, PrincipalId = OrdersPrincipal, Subject = "orders", AllowSecrets = true })).ToDictionary(one => one.Item1, one => one.Item2),
            Audiences = [VaultAudience], Roles = [StandInResourceManager.SecretsUser], RoleScopes = [$"/subscriptions/{StandInResourceManager.Subscription}/resourceGroups/shop"],
            Probes = [new Uri(standIn.Url, "/secrets")], RequestTimeout = TimeSpan.FromSeconds(3),
        };
        for (var i = 0; i < Many; i++) state.Add(Spare(i, 'a'), Spare(i, 'b')).FederatedCredentials.Add((Rings.Federation.Issuer, "credential-broker", "api://AzureADTokenExchange"));
        Connect(Target);
    }

    public AzureStandIn StandIn { get; }
    public string BrokerId { get; }
    public AzureTarget Target { get; private set; }
    public KeyRings Rings { get; } = new("https://broker.example", ReservedAudiences.BuiltIn);
    public BrokerClock Clock { get; }
    public AzureConnections Connections { get; private set; } = null!;
    public AzureBackend Backend { get; private set; } = null!;

    /// <summary>An identity that no lease has yet.</summary>
    public string NextIdentity() => $"spare-{_next++}";

    public Uri Probe => new(StandIn.Url, "/secrets?api-version=7.4");

    public static async Task<AzureRig> StartAsync(TimeProvider? time = null) => new(await AzureStandIn.StartAsync(time ?? TimeProvider.System), time ?? TimeProvider.System);

    /// <summary>The grants that docs/backends/azure.md asks for, and not one more.</summary>
    public static void Prepare(AzureStandInState state, string issuer)
    {
        var broker = state.Add(BrokerApplication, BrokerPrincipal);
        broker.FederatedCredentials.Add((issuer, "credential-broker", "api://AzureADTokenExchange"));
        broker.Owns.Add(OrdersApplication);
        state.Add(OrdersApplication, OrdersPrincipal).FederatedCredentials.Add((issuer, "orders", "api://AzureADTokenExchange"));
        var scope = $"/subscriptions/{StandInResourceManager.Subscription}/resourceGroups/shop";
        var id = RoleAssignment.IdAt(scope, Guid.Parse("eeeeeeee-0000-4000-8000-000000000005"));
        state.Assignments[id] = new StandInAssignment(id, scope, StandInResourceManager.UserAccessAdministrator, BrokerPrincipal, "the broker");
    }

    /// <summary>The tenant trusts a broker's issuer, whose keys it fetches.</summary>
    public void Trust(string issuer) => StandIn.State.Locked(() =>
    {
        foreach (var identity in Target.Identities.Values.Append(Target.Own!)) StandIn.State.Applications[identity.ClientId].FederatedCredentials.Add((issuer, identity.Subject, "api://AzureADTokenExchange"));
        return true;
    });

    /// <summary>A broker anew, as after a restart or with other options.</summary>
    public void Connect(AzureTarget target)
    {
        Connections?.Dispose();
        Target = target;
        Connections = new AzureConnections(new Dictionary<string, AzureTarget> { [TargetName] = target }, Rings, Clock, TimeProvider.System);
        Backend = new AzureBackend(BrokerId, Connections, Clock);
    }

    public AzureGrant Grant(string mode, bool probed = true) => new(
        TargetName, mode, "orders", mode == AzureGrant.ServicePrincipalSecret ? null : VaultAudience,
        mode == AzureGrant.RoleAssignment ? new AzureRole(StandInResourceManager.SecretsUser, StandInResourceManager.VaultScope) : null, [],
        probed && mode != AzureGrant.ServicePrincipalSecret ? Probe : null, new AzureLimits(Target.RoleScopes, Target.TokenLife));

    public Order Order(AzureGrant grant, TimeSpan? life = null, TimeSpan? deadline = null)
    {
        var now = Clock.NowMs();
        return new Order(
            Ids.New(Clock), grant, new Dictionary<string, string> { ["workload.uri"] = "k8s://prod/shop/checkout" },
            now + (long)(life ?? TimeSpan.FromMinutes(5)).TotalMilliseconds, now + (long)(deadline ?? TimeSpan.FromSeconds(10)).TotalMilliseconds) { Approval = "approval-1" };
    }

    public async Task<(string Handle, Minted Minted, Order Order)> MintAsync(string mode)
    {
        var order = Order(Grant(mode));
        var handle = Backend.Plan(order);
        var minted = await Backend.MintAsync(handle, order, default);
        return (minted.Handle ?? handle, minted, order);
    }

    public IReadOnlyList<StandInPassword> Passwords => StandIn.State.Locked(() => StandIn.State.Applications[OrdersApplication].Passwords.ToList());

    public IReadOnlyList<StandInAssignment> Assignments => StandIn.State.Locked(() => StandIn.State.Assignments.Values.Where(one => one.Definition == StandInResourceManager.SecretsUser).ToList());

    public static Dictionary<string, string> Parts(Secret secret) => JsonSerializer.Deserialize<Dictionary<string, string>>(secret.Reveal().Span)!;

    /// <summary>The target in a broker's configuration.</summary>
    public void AddTo(JsonObject configuration) => configuration["Targets"]!["Azure"] = new JsonObject
    {
        [TargetName] = new JsonObject
        {
            ["TenantId"] = Target.TenantId, ["AuthorityHost"] = Target.AuthorityHost.ToString(), ["GraphEndpoint"] = Target.GraphEndpoint.ToString(),
            ["ResourceManagerEndpoint"] = Target.ResourceManagerEndpoint.ToString(), ["RootCertificateFile"] = Target.RootCertificateFile,
            ["Own"] = new JsonObject { ["ClientId"] = BrokerApplication },
            ["Identities"] = new JsonObject(Target.Identities.Select(one => KeyValuePair.Create<string, JsonNode?>(
                one.Key, new JsonObject { ["ClientId"] = one.Value.ClientId, ["PrincipalId"] = one.Value.PrincipalId, ["Subject"] = one.Value.Subject, ["AllowSecrets"] = one.Value.AllowSecrets }))),
            ["Audiences"] = Texts(Target.Audiences), ["Roles"] = Texts(Target.Roles), ["RoleScopes"] = Texts(Target.RoleScopes), ["Probes"] = Texts(Target.Probes.Select(one => one.ToString())),
        },
    };

    public async ValueTask DisposeAsync()
    {
        Connections.Dispose();
        await StandIn.DisposeAsync();
        _key.Dispose();
        Assert.Empty(StandIn.Undocumented);
    }

    private static string Spare(int i, char kind) => $"dddddddd-0000-4000-8000-{kind}{i:d11}";

    private static JsonArray Texts(IEnumerable<string> texts) => new([.. texts.Select(one => (JsonNode)one)]);
}
