using System.Diagnostics.CodeAnalysis;
using System.Net.Http.Headers;
using CredentialBroker.Backends.Azure;
using CredentialBroker.Issuer;
using CredentialBroker.Protocol;
using CredentialBroker.Storage;
using Microsoft.IdentityModel.JsonWebTokens;

namespace CredentialBroker.Backends.Conformance;

/// <summary>
/// Tokens and secrets at Entra itself, or at whatever speaks like it. The broker logs in with secrets: Entra could not fetch
/// the keys of a broker that runs for a test.
/// </summary>
internal sealed class AzureRealHarness : Harness
{
    public const string TargetName = "prod";
    private readonly string _folder;
    private readonly AzureTarget _target;
    private readonly AzureGrant _grant;
    private readonly Uri _probe;
    private readonly AzureConnections _connections;
    private readonly BrokerClock _clock = new(TimeProvider.System);
    private readonly HttpClient _http;

    /// <param name="audience">What tokens are for.</param>
    /// <param name="probe">Answers a GET with such a token.</param>
    /// <param name="lag">How long the directory takes to know everywhere what was made or removed.</param>
    [SetsRequiredMembers]
    public AzureRealHarness(string mode, AzureTarget target, string own, string orders, string audience, Uri probe, TimeSpan lag)
    {
        _folder = Directory.CreateTempSubdirectory("credbroker-azure-").FullName;
        _probe = probe;
        _target = target with
        {
            Login = new AzureLogin { Method = AzureLogin.ClientSecret, AllowStaticSecret = true }, Own = target.Own! with { ClientSecretFile = FileOf("own", own) },
            Identities = new Dictionary<string, AzureIdentity> { ["orders"] = target.Identities["orders"] with { AllowSecrets = true, ClientSecretFile = FileOf("orders", orders) } }, Audiences = [audience],
        };
        _connections = new AzureConnections(new Dictionary<string, AzureTarget> { [TargetName] = _target }, new KeyRings("https://broker.example", ReservedAudiences.BuiltIn), _clock, TimeProvider.System);
        _http = new HttpClient(Wires.Wire.HandlerOf(new(target.AuthorityHost, TimeSpan.FromSeconds(10), target.RootCertificateFile)));
        _grant = new AzureGrant(TargetName, mode, "orders", IsSecret(mode) ? null : audience, null, [], IsSecret(mode) ? null : probe, new AzureLimits([], _target.TokenLife));
        Backend = new Remembering(new AzureBackend("abc123", _connections, _clock), IsSecret(mode) ? lag : TimeSpan.Zero, IsSecret(mode) ? lag : TimeSpan.Zero);
    }

    /// <summary>Nobody waits for a token's own life, and a secret's end is not in it.</summary>
    public override IReadOnlyCollection<string> Unseen => EndsAtTarget ? ["expiry is as ordered", "renew lives longer", "expired credential is refused"] : ["expired credential is refused"];

    public override bool EndsAtTarget => IsSecret(_grant.Mode);

    public override bool MintsAgain => false;

    public override bool Lists => EndsAtTarget;

    public override TimeSpan? OwnLife => EndsAtTarget ? null : _target.TokenLife;

    public override TimeSpan Residual => _target.TokenLife;

    public static AzureRealHarness FromEnvironment(string mode)
    {
        static string Of(string name) => Environment.GetEnvironmentVariable(name)!;
        return new AzureRealHarness(
            mode,
            new AzureTarget
            {
                TenantId = Of("AZURE_TENANT_ID"), Own = new AzureIdentity { ClientId = Of("AZURE_CLIENT_ID") },
                Identities = new Dictionary<string, AzureIdentity> { ["orders"] = new() { ClientId = Of("AZURE_ORDERS_CLIENT_ID") } },
            },
            Of("AZURE_CLIENT_SECRET"), Of("AZURE_ORDERS_CLIENT_SECRET"), "https://management.azure.com/.default", new Uri("https://management.azure.com/subscriptions?api-version=2022-12-01"), TimeSpan.FromSeconds(30));
    }

    public override Order NewOrder(TimeSpan life, TimeSpan deadline)
    {
        var now = _clock.NowMs();
        return new Order(
            Ids.New(_clock), _grant, new Dictionary<string, string> { ["workload.uri"] = "k8s://prod/shop/checkout" },
            now + (long)life.TotalMilliseconds, now + (long)(deadline > TimeSpan.Zero ? TimeSpan.FromMinutes(1) : deadline).TotalMilliseconds) { Approval = "approval-1" };
    }

    public override async Task<bool> WorksAsync(Secret secret)
    {
        var parts = AzureRig.Parts(secret);
        if (parts.TryGetValue("clientSecret", out var text))
        {
            using var form = new FormUrlEncodedContent(new Dictionary<string, string> { ["client_id"] = parts["clientId"], ["client_secret"] = text, ["grant_type"] = "client_credentials", ["scope"] = _target.Audiences[0] });
            using var given = await _http.PostAsync(new Uri(_target.AuthorityHost, $"/{_target.TenantId}/oauth2/v2.0/token"), form);
            return given.IsSuccessStatusCode;
        }

        using var request = new HttpRequestMessage(HttpMethod.Get, _probe) { Headers = { Authorization = new AuthenticationHeaderValue("Bearer", parts["token"]) } };
        using var answer = await _http.SendAsync(request);
        return answer.IsSuccessStatusCode;
    }

    public override Task<long> ExpiryAsync(string handle, Secret secret) =>
        Task.FromResult(new DateTimeOffset(new JsonWebToken(secret.Member("test", "token")).ValidTo).ToUnixTimeMilliseconds());

    public override async Task<bool> ExistsAsync(string handle) => EndsAtTarget && await Backend.ProbeAsync(handle, default) == Probe.Alive;

    public override Task PassAsync(TimeSpan time) => Task.Delay(time);

    /// <summary>With whatever checks left without ending it.</summary>
    public override async ValueTask DisposeAsync()
    {
        if (EndsAtTarget)
        {
            var real = new AzureBackend("abc123", _connections, _clock);
            foreach (var ours in await real.ListAsync(TargetName, default)) await real.EndAsync(ours.Handle, default);
        }

        _connections.Dispose();
        _http.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static bool IsSecret(string mode) => mode == AzureGrant.ServicePrincipalSecret;

    private string FileOf(string name, string secret)
    {
        var file = Path.Combine(_folder, name);
        File.WriteAllText(file, secret);
        return file;
    }
}
