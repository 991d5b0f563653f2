using System.Globalization;
using System.Net.Http.Headers;
using CredentialBroker.Backends.Gcp;
using CredentialBroker.Issuer;
using CredentialBroker.Protocol;
using CredentialBroker.Storage;

namespace CredentialBroker.Backends.Conformance;

/// <summary>
/// Tokens of a service account at Google itself, or at whatever speaks like it. The broker logs in with a key: Google could
/// not fetch the keys of a broker that runs for a test.
/// </summary>
/// <param name="probe">Answers a GET with a token of the account.</param>
internal sealed class GcpRealHarness(GcpTarget target, Uri probe) : Harness
{
    private readonly BrokerClock _clock = new(TimeProvider.System);
    private readonly HttpClient _http = new();

    /// <summary>Lives are whole seconds, less what the way to Google may take, which is more than the suite lets pass where time is real.</summary>
    public override IReadOnlyCollection<string> Unseen => ["expiry is as ordered", "renew lives longer"];

    public override bool EndsAtTarget => false;

    public static GcpRealHarness FromEnvironment() => Of(
        new GcpTarget { ServiceAccounts = [Environment.GetEnvironmentVariable("GOOGLE_TEST_ACCOUNT")!] }, Environment.GetEnvironmentVariable("GOOGLE_APPLICATION_CREDENTIALS")!,
        new Uri($"https://storage.googleapis.com/storage/v1/b/{Environment.GetEnvironmentVariable("GOOGLE_TEST_BUCKET")}/o?maxResults=1"));

    public static GcpRealHarness Of(GcpTarget at, string keyFile, Uri probe)
    {
        at = at with { Login = new GcpLogin { Method = GcpLogin.KeyFile, ServiceAccountKeyFile = keyFile, AllowStaticKey = true } };
        var harness = new GcpRealHarness(at, probe) { Backend = null! };
        harness.Backend = new GcpBackend(new Dictionary<string, GcpTarget> { ["prod"] = at }, new KeyRings("https://broker.example", ReservedAudiences.BuiltIn), harness._clock);
        return harness;
    }

    public override Order NewOrder(TimeSpan life, TimeSpan deadline)
    {
        var now = _clock.NowMs();
        var grant = new GcpGrant("prod", GcpGrant.Impersonated, target.ServiceAccounts[0], null, ["https://www.googleapis.com/auth/devstorage.read_only"], null, [], probe, new GcpLimits([], target.TokenLife));
        return new Order(Ids.New(_clock), grant, new Dictionary<string, string> { ["workload.uri"] = "k8s://prod/shop/checkout" }, now + (long)life.TotalMilliseconds, now + (long)deadline.TotalMilliseconds);
    }

    public override async Task<bool> WorksAsync(Secret secret)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, probe) { Headers = { Authorization = new AuthenticationHeaderValue("Bearer", GcpRig.Token(secret)) } };
        using var answer = await _http.SendAsync(request);
        return answer.IsSuccessStatusCode;
    }

    /// <summary>As Google said when it made the token.</summary>
    public override Task<long> ExpiryAsync(string handle, Secret secret) => Task.FromResult(long.Parse(secret.Member("test", "expiresOn"), CultureInfo.InvariantCulture) * 1000);

    public override Task PassAsync(TimeSpan time) => Task.Delay(time + TimeSpan.FromSeconds(1));

    public override ValueTask DisposeAsync()
    {
        ((GcpBackend)Backend).Dispose();
        _http.Dispose();
        return ValueTask.CompletedTask;
    }
}
