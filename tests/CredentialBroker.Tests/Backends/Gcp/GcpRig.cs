using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using CredentialBroker.Issuer;
using CredentialBroker.Protocol;
using CredentialBroker.Storage;

namespace CredentialBroker.Backends.Gcp;

/// <summary>A project as an operator would prepare it: a pool that trusts the broker, a service account it may impersonate, and buckets.</summary>
internal sealed class GcpRig : IAsyncDisposable
{
    public const string TargetName = "prod";
    public const string Account = "orders@shop.iam.gserviceaccount.com";
    public const string Group = "orders-readers";
    private readonly SigningKey _key = SigningKey.Generate(KeyPurpose.Federation);

    private GcpRig(GcpStandIn standIn, TimeProvider time)
    {
        (StandIn, Clock) = (standIn, new BrokerClock(time));
        Rings.Federation.Replace(_key, [_key.Verifying]);
        (standIn.State.Sts.Issuer, standIn.State.Sts.Keys) = (Rings.Federation.Issuer, () => Encoding.UTF8.GetString(Rings.Federation.Jwks.Span));
        Prepare(standIn.State);
        Target = new GcpTarget
        {
            Provider = GcpStandInState.Provider, StsEndpoint = standIn.Url, IamCredentialsEndpoint = standIn.Url, ServiceAccounts = [Account], Groups = [Group], Scopes = [StandInStorage.ReadOnly],
            Buckets = ["orders-*"], Roles = [StandInStorage.Viewer], Probes = [new Uri(standIn.Url, "/storage/v1/b/orders-eu")], RequestTimeout = TimeSpan.FromSeconds(3),
        };
        Connect(Target);
    }

    public GcpStandIn StandIn { get; }
    public GcpTarget Target { get; private set; }
    public KeyRings Rings { get; } = new("https://broker.example", ReservedAudiences.BuiltIn);
    public BrokerClock Clock { get; }
    public GcpBackend Backend { get; private set; } = null!;

    public static async Task<GcpRig> StartAsync(TimeProvider? time = null) => new(await GcpStandIn.StartAsync(time ?? TimeProvider.System), time ?? TimeProvider.System);

    /// <summary>The grants that docs/backends/gcp.md asks for, and not one more.</summary>
    public static void Prepare(GcpStandInState state)
    {
        const string set = $"principalSet://iam.googleapis.com/{GcpStandInState.Pool}/attribute.group/";
        state.Grants.Add((Account, $"{set}credential-broker", "roles/iam.workloadIdentityUser"));
        foreach (var bucket in new[] { "orders-eu", "orders-us" })
        {
            state.Grants.Add((bucket, $"{set}{Group}", StandInStorage.Viewer));
            state.Grants.Add((bucket, $"serviceAccount:{Account}", StandInStorage.Viewer));
        }
    }

    /// <summary>A broker anew, as after a restart or with other options.</summary>
    public void Connect(GcpTarget target)
    {
        Backend?.Dispose();
        Target = target;
        Backend = new GcpBackend(new Dictionary<string, GcpTarget> { [TargetName] = target }, Rings, Clock);
    }

    public GcpGrant Grant(string mode, AccessBoundary? boundary = null) => new(
        TargetName, mode, mode == GcpGrant.Impersonated ? Account : null, mode == GcpGrant.Federated ? Group : null, [StandInStorage.ReadOnly], boundary, [],
        new Uri(StandIn.Url, "/storage/v1/b/orders-eu/o?prefix=invoices/"), new GcpLimits(Target.Buckets, Target.TokenLife));

    public Order Order(GcpGrant grant, TimeSpan? life = null, TimeSpan? deadline = null)
    {
        var now = Clock.NowMs();
        return new Order(
            Ids.New(Clock), grant, new Dictionary<string, string> { ["workload.uri"] = "k8s://prod/shop/checkout" },
            now + (long)(life ?? TimeSpan.FromMinutes(5)).TotalMilliseconds, now + (long)(deadline ?? TimeSpan.FromSeconds(10)).TotalMilliseconds);
    }

    public async Task<(Minted Minted, Order Order)> MintAsync(GcpGrant grant)
    {
        var order = Order(grant);
        return (await Backend.MintAsync(Backend.Plan(order), order, default), order);
    }

    /// <summary>Lists a bucket as a workload would.</summary>
    public async Task<bool> ListsAsync(Secret secret, string bucket = "orders-eu", string prefix = "invoices/")
    {
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(StandIn.Url, $"/storage/v1/b/{bucket}/o?prefix={prefix}")) { Headers = { Authorization = new("Bearer", Token(secret)) } };
        using var answer = await http.SendAsync(request);
        return answer.IsSuccessStatusCode;
    }

    /// <summary>A file with a key by which the broker logs in, as a service account that may impersonate the one for leases.</summary>
    public string KeyFile(RSA key)
    {
        const string own = "credbroker@shop.iam.gserviceaccount.com";
        StandIn.State.Sts.AccountKeys[own] = key;
        StandIn.State.Grants.Add((Account, $"serviceAccount:{own}", StandInStorage.TokenCreator));
        var file = Path.GetTempFileName();
        File.WriteAllText(file, new JsonObject
        {
            ["type"] = "service_account", ["project_id"] = "shop", ["private_key_id"] = "key-1", ["private_key"] = key.ExportPkcs8PrivateKeyPem(), ["client_email"] = own, ["client_id"] = "1",
            ["token_uri"] = new Uri(StandIn.Url, "/token").ToString(),
        }.ToJsonString());
        return file;
    }

    public static string Token(Secret secret) => JsonSerializer.Deserialize<Dictionary<string, string>>(secret.Reveal().Span)!["token"];

    /// <summary>The target in a broker's configuration.</summary>
    public void AddTo(JsonObject configuration) => configuration["Targets"]!["Gcp"] = new JsonObject
    {
        [TargetName] = new JsonObject
        {
            ["Provider"] = Target.Provider, ["StsEndpoint"] = Target.StsEndpoint.ToString(), ["IamCredentialsEndpoint"] = Target.IamCredentialsEndpoint.ToString(),
            ["ServiceAccounts"] = new JsonArray(Account), ["Groups"] = new JsonArray(Group), ["Scopes"] = new JsonArray(StandInStorage.ReadOnly), ["Buckets"] = new JsonArray("orders-*"), ["Roles"] = new JsonArray(StandInStorage.Viewer),
        },
    };

    public async ValueTask DisposeAsync()
    {
        Backend.Dispose();
        await StandIn.DisposeAsync();
        _key.Dispose();
        Assert.Empty(StandIn.Undocumented);
    }
}
