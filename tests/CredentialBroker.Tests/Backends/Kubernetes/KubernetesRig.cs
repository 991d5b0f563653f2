using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Text.Json.Nodes;
using CredentialBroker.Backends.Wires;
using CredentialBroker.Protocol;
using CredentialBroker.Storage;

namespace CredentialBroker.Backends.Kubernetes;

/// <summary>
/// A cluster as an operator would prepare it, through the same calls at the stand-in and at a real one (KUBE_API,
/// KUBE_TOKEN and KUBE_CA): a namespace with a service account for leases, and one for the broker with the rights that
/// docs/backends/kubernetes.md asks for, and not one more.
/// </summary>
internal sealed class KubernetesRig : IAsyncDisposable
{
    public const string TargetName = "main";
    public const string AccountName = "deployer";
    private readonly HttpClient _admin;
    private readonly string _tokenFile = Path.GetTempFileName();

    private KubernetesRig(KubernetesStandIn? standIn, Uri url, string token, string? root, ShiftedClock time)
    {
        (StandIn, Time) = (standIn, time);
        Suffix = RandomNumberGenerator.GetString("0123456789abcdefghjkmnpqrstvwxyz", 6);
        Clock = new BrokerClock(Time);
        var handler = new SocketsHttpHandler();
        if (root is not null)
        {
            handler.SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck } };
            handler.SslOptions.CertificateChainPolicy.CustomTrustStore.ImportFromPemFile(root);
        }

        _admin = new HttpClient(handler) { BaseAddress = url };
        _admin.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        Target = new KubernetesTarget
        {
            Address = url, RootCertificateFile = root, TokenFile = _tokenFile, ServiceAccounts = [$"{Namespace}/*"], Audiences = ["https://orders.test"], ListSecrets = true, RequestTimeout = TimeSpan.FromSeconds(3),
        };
    }

    public static bool HasReal => Environment.GetEnvironmentVariable("KUBE_API") is { Length: > 0 } && Environment.GetEnvironmentVariable("KUBE_TOKEN") is { Length: > 0 };

    /// <summary>Null at a real cluster.</summary>
    public KubernetesStandIn? StandIn { get; }
    public ShiftedClock Time { get; }
    public BrokerClock Clock { get; }
    public string Suffix { get; }
    public string Namespace => $"cb-{Suffix}";
    public KubernetesTarget Target { get; private set; }
    public PerTarget<KubernetesTarget, KubernetesHttp> Clusters { get; private set; } = null!;
    public KubernetesBackend Backend { get; private set; } = null!;
    public string TokenPath => $"/api/v1/namespaces/{Namespace}/serviceaccounts/{AccountName}/token";
    public string SecretsPath => $"/api/v1/namespaces/{Namespace}/secrets";

    public static async Task<KubernetesRig> StartAsync(bool real = false)
    {
        var time = new ShiftedClock();
        var standIn = real ? null : await KubernetesStandIn.StartAsync(time);
        var rig = Make(standIn, time);
        await rig.PrepareAsync();
        rig.Connect(rig.Target);
        return rig;
    }

    /// <summary>A broker anew, as after a restart or with other options.</summary>
    public void Connect(KubernetesTarget target)
    {
        Clusters?.Dispose();
        Target = target;
        Clusters = KubernetesServices.Clusters(new Dictionary<string, KubernetesTarget> { [TargetName] = target });
        Backend = new KubernetesBackend(Suffix, Clusters, Clock);
    }

    public KubernetesGrant Grant(string? account = null, IReadOnlyList<string>? audiences = null, string? use = KubernetesGrant.Self) =>
        new(TargetName, new Account(Namespace, account ?? AccountName), [], audiences ?? [], audiences is null ? use : null, Target.ServiceAccounts);

    public Order Order(TimeSpan? life = null, TimeSpan? deadline = null, KubernetesGrant? grant = null)
    {
        var now = Clock.NowMs();
        return new Order(
            Ids.New(Clock), grant ?? Grant(), new Dictionary<string, string> { ["workload.uri"] = "k8s://prod/shop/checkout" },
            now + (long)(life ?? TimeSpan.FromMinutes(15)).TotalMilliseconds, now + (long)(deadline ?? TimeSpan.FromSeconds(10)).TotalMilliseconds) { Approval = "approval-1" };
    }

    public async Task<(string Handle, Minted Minted, Order Order)> MintAsync(KubernetesGrant? grant = null, TimeSpan? life = null)
    {
        var order = Order(life, grant: grant);
        var handle = await Backend.PrepareAsync(Backend.Plan(order), order, default);
        var minted = await Backend.MintAsync(handle, order, default);
        return (minted.Handle ?? handle, minted, order);
    }

    /// <summary>What the cluster itself says of a token.</summary>
    public async Task<bool> WorksAsync(Secret secret, params string[] audiences)
    {
        var review = new JsonObject { ["apiVersion"] = "authentication.k8s.io/v1", ["kind"] = "TokenReview", ["spec"] = new JsonObject { ["token"] = secret.Member("test", "token") } };
        if (audiences.Length > 0) review["spec"]!["audiences"] = new JsonArray([.. audiences.Select(one => (JsonNode)one)]);
        return (bool?)(await AdminAsync("apis/authentication.k8s.io/v1/tokenreviews", review))["status"]!["authenticated"] == true;
    }

    public static JsonElement Claims(Secret secret) => JsonElement.Parse(System.Buffers.Text.Base64Url.DecodeFromChars(secret.Member("test", "token").Split('.')[1]));

    /// <summary>The target in a broker's configuration.</summary>
    public void AddTo(JsonObject configuration) => configuration["Targets"]!["Kubernetes"] = new JsonObject
    {
        [TargetName] = new JsonObject
        {
            ["Address"] = Target.Address!.ToString(), ["RootCertificateFile"] = Target.RootCertificateFile, ["TokenFile"] = _tokenFile, ["ServiceAccounts"] = new JsonArray($"{Namespace}/*"), ["ListSecrets"] = true,
        },
    };

    public async ValueTask DisposeAsync()
    {
        Clusters.Dispose();
        if (StandIn is null) (await _admin.DeleteAsync(new Uri($"api/v1/namespaces/{Namespace}", UriKind.Relative))).Dispose();
        _admin.Dispose();
        File.Delete(_tokenFile);
        if (StandIn is null) return;
        await StandIn.DisposeAsync();
        Assert.Empty(StandIn.Undocumented);
    }

    private static KubernetesRig Make(KubernetesStandIn? standIn, ShiftedClock time) => standIn is null
        ? new KubernetesRig(null, new Uri(Environment.GetEnvironmentVariable("KUBE_API")!), Environment.GetEnvironmentVariable("KUBE_TOKEN")!, Environment.GetEnvironmentVariable("KUBE_CA"), time)
        : new KubernetesRig(standIn, standIn.Url, KubernetesStandIn.AdminToken, standIn.RootFile, time);

    private async Task PrepareAsync()
    {
        await AdminAsync("api/v1/namespaces", Named("v1", "Namespace", Namespace));
        foreach (var name in new[] { AccountName, "broker" }) await AdminAsync($"api/v1/namespaces/{Namespace}/serviceaccounts", Named("v1", "ServiceAccount", name));
        var role = Named("rbac.authorization.k8s.io/v1", "Role", "credbroker");
        role["rules"] = new JsonArray(
            new JsonObject { ["apiGroups"] = new JsonArray(""), ["resources"] = new JsonArray("secrets"), ["verbs"] = new JsonArray("create", "delete", "list") },
            new JsonObject { ["apiGroups"] = new JsonArray(""), ["resources"] = new JsonArray("serviceaccounts/token"), ["verbs"] = new JsonArray("create") });
        await AdminAsync($"apis/rbac.authorization.k8s.io/v1/namespaces/{Namespace}/roles", role);
        var binding = Named("rbac.authorization.k8s.io/v1", "RoleBinding", "credbroker");
        binding["roleRef"] = new JsonObject { ["apiGroup"] = "rbac.authorization.k8s.io", ["kind"] = "Role", ["name"] = "credbroker" };
        binding["subjects"] = new JsonArray(new JsonObject { ["kind"] = "ServiceAccount", ["name"] = "broker", ["namespace"] = Namespace });
        await AdminAsync($"apis/rbac.authorization.k8s.io/v1/namespaces/{Namespace}/rolebindings", binding);
        var asked = new JsonObject { ["apiVersion"] = "authentication.k8s.io/v1", ["kind"] = "TokenRequest", ["spec"] = new JsonObject { ["audiences"] = new JsonArray(), ["expirationSeconds"] = 86_400 } };
        var own = await AdminAsync($"api/v1/namespaces/{Namespace}/serviceaccounts/broker/token", asked);
        await File.WriteAllTextAsync(_tokenFile, (string)own["status"]!["token"]! + "\n");
        File.SetUnixFileMode(_tokenFile, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    private static JsonObject Named(string version, string kind, string name) => new() { ["apiVersion"] = version, ["kind"] = kind, ["metadata"] = new JsonObject { ["name"] = name } };

    private async Task<JsonNode> AdminAsync(string path, JsonObject body)
    {
        using var content = JsonContent.Create(body, new MediaTypeHeaderValue("application/json"));
        await content.LoadIntoBufferAsync();
        using var answer = await _admin.PostAsync(new Uri(path, UriKind.Relative), content);
        Assert.True(answer.StatusCode is HttpStatusCode.Created or HttpStatusCode.OK, $"{path}: {await answer.Content.ReadAsStringAsync()}");
        return (await answer.Content.ReadFromJsonAsync<JsonNode>())!;
    }
}
