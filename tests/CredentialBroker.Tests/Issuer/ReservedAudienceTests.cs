using System.Net;
using System.Text.Json.Nodes;
using CredentialBroker.Backends;
using CredentialBroker.Backends.SignedToken;
using CredentialBroker.Configuration;
using CredentialBroker.Protocol;
using CredentialBroker.Storage;
using CredentialBroker.TestInfra;
using Microsoft.Extensions.Configuration;

namespace CredentialBroker.Issuer;

/// <summary>A workload's token must never be taken for the broker's own login.</summary>
public sealed class ReservedAudienceTests
{
    private const string Declared = "https://vault.corp.example";

    [Fact]
    public async Task R60_A_workloads_token_is_worth_nothing_where_the_broker_itself_logs_in()
    {
        await using var broker = await Brokers.StartAsync(change: Reserve);
        var scene = broker.Scene;
        var sts = await StrictSts.OfAsync(broker.Host.Address, "/issuer/federation", "sts.amazonaws.com", "credential-broker");
        var rings = broker.Get<KeyRings>();
        Assert.Null(sts.Refusal(TokenWriter.Write(rings.Federation, Claims(rings.Federation, "sts.amazonaws.com", "credential-broker"))));

        await scene.ActivateAsync(SceneFolder.Token());
        var pod = scene.NewPod();
        Assert.Equal(HttpStatusCode.Accepted, (await scene.ApproveAsync(scene.ApprovalOf(pod, "token"))).Status);
        var claimed = await scene.ClaimAsync(scene.Token(pod), "token");
        Assert.Equal("iss", sts.Refusal(claimed.Json.GetProperty("credential").GetProperty("token").GetString()!));
        // Not even where the exchange confuses the two issuers: their keys are not the same.
        sts.ExpectedIssuer = rings.Workload.Issuer;
        Assert.Equal("kid", sts.Refusal(claimed.Json.GetProperty("credential").GetProperty("token").GetString()!));

        foreach (var audience in new[] { "sts.amazonaws.com", "STS.AMAZONAWS.COM/", "https://sts.amazonaws.com", Declared, Declared + "/", "vault.corp.example" })
        {
            var refused = await scene.OperatorAsync(HttpMethod.Put, "/v1/templates?file=t.yaml", SceneFolder.Template("token", $$"""{ signed-token: { target: internal, audience: "{{audience}}" } }"""), "application/yaml");
            Assert.True(refused.Status == HttpStatusCode.UnprocessableEntity && refused.Body.Contains("reserved", StringComparison.Ordinal), $"{audience}: {refused}");
        }
    }

    [Fact]
    public void R60_A_target_that_allows_a_reserved_audience_is_a_mistake()
    {
        using var folder = new SceneFolder();
        foreach (var audience in new[] { "vault", "api://AzureADTokenExchange", "//iam.googleapis.com/projects/1", Declared })
        {
            var file = folder.Write(8200, change: configuration =>
            {
                Reserve(configuration);
                configuration["Targets"]!["SignedToken"]!["internal"]!["Audiences"] = new JsonArray(audience);
            });
            var (_, mistakes) = ConfigurationReader.Read(ConfigurationReader.Sources(file), TimeProvider.System);
            Assert.Contains("reserved", Assert.Single(mistakes), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task R60_Whatever_got_past_the_template_is_not_signed()
    {
        using var key = SigningKey.Generate(KeyPurpose.Workload);
        var ring = new KeyRing(KeyPurpose.Workload, "https://broker.example/issuer/workload") { Reserved = new ReservedAudiences([Declared]) };
        ring.Replace(key, [key.Verifying]);
        var clock = new BrokerClock(TimeProvider.System);
        var backend = new SignedTokenBackend(ring, new StatusIndexes(_ => Task.FromResult(0L)), new Dictionary<string, SignedTokenTarget> { ["internal"] = new() { Audiences = ["sts.amazonaws.com"] } }, clock);
        foreach (var audience in new[] { "sts.amazonaws.com", Declared, "https://iam.googleapis.com/projects/1" })
        {
            var order = new Order(Ids.New(clock), new SignedTokenGrant("internal", audience, [], new Dictionary<string, string>()),
                new Dictionary<string, string> { ["workload.uri"] = "k8s://prod/shop/checkout" }, clock.NowMs() + 60_000, clock.NowMs() + 30_000);
            await Assert.ThrowsAsync<SigningRefusedException>(async () => await backend.MintAsync(backend.Plan(order), order, default));
        }
    }

    [Fact]
    public void R60_An_issuer_signs_in_its_own_name_once_and_for_one_audience_of_its_own()
    {
        var rings = new KeyRings("https://broker.example", ReservedAudiences.BuiltIn);
        using var key = SigningKey.Generate(KeyPurpose.Workload);
        foreach (var purpose in KeyPurpose.All) rings[purpose].Replace(key, [key.Verifying]);
        var (workload, federation) = (rings.Workload, rings.Federation);
        Assert.NotEmpty(TokenWriter.Write(workload, Claims(workload, "orders-api", "k8s://prod/shop/checkout")));
        Refuses(federation, Claims(federation, "orders-api", "credential-broker"));
        Refuses(workload, Claims(federation, "orders-api", "x"));
        Refuses(workload, Claims(workload, "orders-api", ""));
        Refuses(workload, json => json.WriteString("iss", workload.Issuer));
        Refuses(workload, json =>
        {
            Claims(workload, "orders-api", "x")(json);
            json.WriteString("aud", "sts.amazonaws.com");
        });
        Refuses(workload, json =>
        {
            Claims(workload, "orders-api", "x")(json);
            json.WriteString("sub", "another");
        });
        Refuses(workload, json =>
        {
            json.WriteString("iss", workload.Issuer);
            json.WriteString("sub", "x");
            json.WriteStartArray("aud");
            json.WriteStringValue("orders-api");
            json.WriteStringValue("sts.amazonaws.com");
            json.WriteEndArray();
        });
        foreach (var other in new[] { rings.Checkpoint, rings.StatusList, rings.CertificateAuthority }) Refuses(other, Claims(other, "sts.amazonaws.com", "x"));
    }

    [Fact]
    public async Task R60_None_of_the_brokers_own_issuers_is_a_trust_source()
    {
        using var folder = new SceneFolder();
        foreach (var issuer in new[] { "http://127.0.0.1:8200/issuer/workload", "http://127.0.0.1:8200/issuer/federation/", "http://127.0.0.1:8200/issuer/checkpoint" })
        {
            var file = folder.Write(8200, change: configuration => configuration["TrustSources"]!["Workloads"]!["cluster"]!["Issuer"] = issuer);
            var (_, mistakes) = ConfigurationReader.Read(ConfigurationReader.Sources(file), TimeProvider.System);
            Assert.NotEmpty(mistakes);
        }

        await using var broker = await Brokers.StartAsync();
        using var http = new HttpClient { BaseAddress = new Uri(broker.Host.Address) };
        foreach (var path in new[] { "/issuer/workload", "/issuer/federation" })
        {
            var discovery = await http.GetStringAsync(path + "/.well-known/openid-configuration");
            Assert.Contains($"{path}\"", discovery, StringComparison.Ordinal);
            using var jwks = await http.GetAsync(path + "/.well-known/jwks.json");
            Assert.Equal(TimeSpan.FromSeconds(300), jwks.Headers.CacheControl?.MaxAge);
        }
    }

    private static void Reserve(JsonObject configuration) => configuration["Issuer"] = new JsonObject { ["FederationAudiences"] = new JsonArray(Declared) };

    private static void Refuses(KeyRing ring, Action<System.Text.Json.Utf8JsonWriter> claims) =>
        Assert.Throws<SigningRefusedException>(() => TokenWriter.Write(ring, claims));

    private static Action<System.Text.Json.Utf8JsonWriter> Claims(KeyRing ring, string audience, string subject) => json =>
    {
        json.WriteString("iss", ring.Issuer);
        json.WriteString("sub", subject);
        json.WriteString("aud", audience);
        json.WriteNumber("exp", TimeProvider.System.GetUtcNow().AddMinutes(5).ToUnixTimeSeconds());
    };
}
