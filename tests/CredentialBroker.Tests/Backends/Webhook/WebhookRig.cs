using System.Text.Json;
using System.Text.Json.Nodes;
using CredentialBroker.Backends.Wires;
using CredentialBroker.Issuer;
using CredentialBroker.Protocol;
using CredentialBroker.Storage;

namespace CredentialBroker.Backends.Webhook;

/// <summary>
/// A receiver and a broker's keys: the stand-in, the example in Python, or one that is told by WEBHOOK_ADDRESS and
/// WEBHOOK_USE, and that reads the keys at WEBHOOK_JWKS_FILE, which the rig writes.
/// </summary>
internal sealed class WebhookRig : IAsyncDisposable
{
    public const string TargetName = "main";
    private readonly SigningKey _key;
    private readonly KeyPlace? _place;
    private readonly ExampleReceiver? _example;

    private WebhookRig(WebhookStandIn? standIn, KeyPlace? place, ExampleReceiver? example, KeyRings rings, SigningKey key)
    {
        (StandIn, _place, _example, Rings, _key) = (standIn, place, example, rings, key);
        var url = standIn?.Url ?? example?.Url;
        Target = new WebhookTarget
        {
            Address = url is null ? new Uri(Environment.GetEnvironmentVariable("WEBHOOK_ADDRESS")!) : new Uri(url, "credentials"), RootCertificateFile = standIn?.RootFile, Audience = WebhookStandIn.Audience,
            Kinds = ["api-key"], Scopes = ["orders:*"], Revocability = Revocability.Immediate, Renews = true, Lists = true, RequestTimeout = TimeSpan.FromSeconds(8),
            Use = new WebhookUse { Address = url is null ? new Uri(Environment.GetEnvironmentVariable("WEBHOOK_USE")!) : new Uri(url, "whoami"), Member = "key" },
        };
        Connect(Target);
    }

    public static bool HasReal => Environment.GetEnvironmentVariable("WEBHOOK_ADDRESS") is { Length: > 0 } && Environment.GetEnvironmentVariable("WEBHOOK_USE") is { Length: > 0 };

    public static IEnumerable<string> Receivers => ["stand-in", .. ExampleReceiver.CanRun ? ["example"] : Array.Empty<string>(), .. HasReal ? ["real"] : Array.Empty<string>()];

    /// <summary>Null at any other receiver.</summary>
    public WebhookStandIn? StandIn { get; }
    public KeyRings Rings { get; }
    public BrokerClock Clock { get; } = new(TimeProvider.System);
    public WebhookTarget Target { get; private set; }
    public PerTarget<WebhookTarget, WebhookCalls> Calls { get; private set; } = null!;
    public WebhookBackend Backend { get; private set; } = null!;

    public static async Task<WebhookRig> StartAsync(string receiver = "stand-in")
    {
        var rings = new KeyRings("https://broker.example", new ReservedAudiences([WebhookStandIn.Audience]));
        var key = SigningKey.Generate(KeyPurpose.Federation);
        rings.Federation.Replace(key, [key.Verifying]);
        if (receiver == "real") await File.WriteAllBytesAsync(Environment.GetEnvironmentVariable("WEBHOOK_JWKS_FILE")!, rings.Federation.Jwks);
        if (receiver == "real") return new WebhookRig(null, null, null, rings, key);
        if (receiver == "stand-in") return new WebhookRig(await WebhookStandIn.StartAsync(rings.Federation), null, null, rings, key);
        var place = new KeyPlace(rings.Federation);
        await place.RunAsync();
        return new WebhookRig(null, place, await ExampleReceiver.StartAsync(rings.Federation.Issuer, place.Url, place.RootFile), rings, key);
    }

    public void Connect(WebhookTarget target)
    {
        Calls?.Dispose();
        Target = target;
        Calls = WebhookServices.Receivers("abc123", new Dictionary<string, WebhookTarget> { [TargetName] = target }, Rings.Federation, Clock);
        Backend = new WebhookBackend(Calls, Clock);
    }

    public WebhookGrant Grant() => new(
        TargetName, "api-key", [new NamedScope("read", "orders:read", new Dictionary<string, ScopeParameter>())], new Dictionary<string, string> { ["team"] = "shop" }, Target);

    public Order Order(TimeSpan? life = null, TimeSpan? deadline = null)
    {
        var now = Clock.NowMs();
        return new Order(
            Ids.New(Clock), Grant(), new Dictionary<string, string> { ["workload.uri"] = "k8s://prod/shop/checkout" },
            now + (long)(life ?? TimeSpan.FromMinutes(5)).TotalMilliseconds, now + (long)(deadline ?? TimeSpan.FromSeconds(10)).TotalMilliseconds) { Approval = "approval-1" };
    }

    public async Task<(string Handle, Minted Minted, Order Order)> MintAsync()
    {
        var order = Order();
        var minted = await Backend.MintAsync(Backend.Plan(order), order, default);
        return (minted.Handle ?? Backend.Plan(order), minted, order);
    }

    public async Task<bool> WorksAsync(Secret secret) => (await Calls.To(TargetName).UseAsync(secret.Member("test", "key"), default)).IsSuccess;

    /// <summary>What the receiver itself says; null where nothing is left.</summary>
    public async Task<JsonElement?> StatusAsync(string handle)
    {
        var calls = Calls.To(TargetName);
        var answer = await calls.SendAsync(calls.About("status", Handle.Find(handle, "lease")!), default);
        return answer.Json is { } json && json.Text("state") == "alive" ? json : null;
    }

    /// <summary>The target in a broker's configuration, whose keys the receiver then trusts.</summary>
    public void AddTo(JsonObject configuration)
    {
        var listen = (string)configuration["Hosting"]!["Listen"]!;
        (StandIn!.JwksUrl, StandIn.Issuer) = (new Uri($"{listen}/issuer/federation/.well-known/jwks.json"), $"{listen}/issuer/federation");
        configuration["Issuer"] = new JsonObject { ["FederationAudiences"] = new JsonArray(WebhookStandIn.Audience) };
        configuration["Targets"]!["Webhook"] = new JsonObject
        {
            [TargetName] = new JsonObject
            {
                ["Address"] = Target.Address!.ToString(), ["RootCertificateFile"] = Target.RootCertificateFile, ["Audience"] = Target.Audience, ["Kinds"] = new JsonArray("api-key"),
                ["Scopes"] = new JsonArray("orders:*"), ["Revocability"] = "Immediate", ["Renews"] = true, ["Lists"] = true,
            },
        };
    }

    public async ValueTask DisposeAsync()
    {
        Calls.Dispose();
        _key.Dispose();
        if (_example is not null) await _example.DisposeAsync();
        if (_place is not null) await _place.DisposeAsync();
        if (StandIn is null) return;
        await StandIn.DisposeAsync();
        Assert.Empty(StandIn.Undocumented);
    }
}
