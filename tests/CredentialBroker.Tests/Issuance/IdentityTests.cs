using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using CredentialBroker.Attestation;
using CredentialBroker.TestInfra;
using CredentialBroker.Tests.Attestation;
using CredentialBroker.Tests.TestInfra;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;

namespace CredentialBroker.Tests.Issuance;

/// <summary>Identities other than a cluster's, from the front door to the lease: what strength opens, and what serves once.</summary>
public sealed class IdentityTests : IAsyncLifetime
{
    private const string Once = "evidence: { oneTime: true, minStrength: 1 }";

    private readonly FakeClock _clock = new(TimeProvider.System.GetUtcNow());
    private readonly TestDomain _domain;
    private readonly Evidence _shown;
    private StsStandIn _sts = null!;
    private RunningBroker _broker = null!;

    public IdentityTests()
    {
        _domain = new TestDomain("prod.example", _clock);
        _shown = _domain.Svid();
    }

    public async Task InitializeAsync()
    {
        _sts = await StsStandIn.StartAsync(_clock);
        var bundle = Path.Combine(Directory.CreateTempSubdirectory("credbroker").FullName, "bundle.json");
        await File.WriteAllBytesAsync(bundle, _domain.Bundle());
        _broker = await Brokers.StartAsync(
            change: configuration =>
            {
                var sources = configuration["TrustSources"]!["Workloads"]!.AsObject();
                sources["prod"] = Source("spiffe", ("Audience", TestDomain.Audience), ("JwksFile", bundle), ("Spiffe", new JsonObject { ["TrustDomain"] = "prod.example" }));
                sources["legacy"] = Source("aws-call", ("Audience", StsStandIn.Audience), ("AllowLoopback", true), ("Aws", new JsonObject
                {
                    ["Accounts"] = new JsonArray("123456789012"), ["Regions"] = new JsonArray("eu-central-1"), ["LoopbackEndpoint"] = _sts.Address.ToString(),
                }));
            },
            services: services => services.AddSingleton<IStartupFilter>(new Handshake(_shown)));
    }

    public async Task DisposeAsync()
    {
        await _broker.DisposeAsync();
        await _sts.DisposeAsync();
    }

    [Fact]
    public async Task R27_a_template_that_demands_a_key_is_served_to_a_certificate_and_not_to_a_token()
    {
        await ReadyAsync("token", _domain.Id, _domain.Id, "evidence: { minStrength: 5 }");
        Assert.Equal("strength_too_low", (await _broker.Scene.ClaimAsync(_domain.Token(), "token")).Code);

        var claimed = await CertifiedAsync(HttpMethod.Post, "/v1/leases", """{"template":"token"}""");
        Assert.True(claimed.Status == HttpStatusCode.Created, claimed.Body);
        var lease = claimed.Json.GetProperty("lease").GetProperty("id").GetString()!;
        var record = (await _broker.Scene.OperatorAsync(HttpMethod.Get, $"/v1/audit?lease={lease}&type=credential.decision")).Json.GetProperty("body").GetString()!;
        Assert.Equal(5, JsonDocument.Parse(record).RootElement.GetProperty("caller").GetProperty("strength").GetInt32());

        Assert.Equal(HttpStatusCode.OK, (await CertifiedAsync(HttpMethod.Get, $"/v1/leases/{lease}")).Status);
        Assert.Equal(HttpStatusCode.OK, (await CertifiedAsync(HttpMethod.Post, $"/v1/leases/{lease}/renew")).Status);
        Assert.Equal(HttpStatusCode.Accepted, (await CertifiedAsync(HttpMethod.Delete, $"/v1/leases/{lease}")).Status);
    }

    [Fact]
    public async Task Explain_names_the_strength_that_is_missing()
    {
        await ReadyAsync("token", _domain.Id, _domain.Id, "evidence: { minStrength: 5 }");
        var explained = await _broker.Scene.OperatorAsync(HttpMethod.Post, "/v1/explain", new JsonObject { ["template"] = "token", ["evidence"] = _domain.Token() }.ToJsonString());
        var clause = explained.Json.GetProperty("clauses").EnumerateArray().Single(c => c.GetProperty("name").GetString() == "strength");
        Assert.Equal(("strength_too_low", "evidence of strength 2, the template demands 5"), (clause.GetProperty("code").GetString(), clause.GetProperty("detail").GetString()));
    }

    [Fact]
    public async Task One_time_evidence_is_a_token_and_serves_once()
    {
        await ReadyAsync("token-once", _domain.Id, _domain.Id, Once);
        Assert.Equal("one_time_evidence_required", (await CertifiedAsync(HttpMethod.Post, "/v1/leases", """{"template":"token-once"}""")).Code);
        var token = _domain.Token();
        Assert.Equal(HttpStatusCode.Created, (await _broker.Scene.ClaimAsync(token, "token-once")).Status);
        Assert.Equal("evidence_replayed", (await _broker.Scene.ClaimAsync(token, "token-once")).Code);
    }

    [Fact]
    public async Task R27_a_signed_call_serves_once_whatever_the_template_says()
    {
        await ReadyAsync("short", "aws://123456789012/role/checkout", "AROAQWERTYUIOPASDFGH", "evidence: { minStrength: 1 }");
        var call = "aws-call-v1." + Base64Url.EncodeToString(Encoding.ASCII.GetBytes(StsStandIn.Url(_clock)));
        var claimed = await _broker.Scene.ClaimAsync(call, "short");
        Assert.True(claimed.Status == HttpStatusCode.Created, claimed.Body);
        Assert.Equal("evidence_replayed", (await _broker.Scene.ClaimAsync(call, "short")).Code);
    }

    [Fact]
    public async Task Node_level_evidence_is_too_weak_unless_a_template_says_otherwise()
    {
        await ReadyAsync("short", "aws://123456789012/role/checkout", "AROAQWERTYUIOPASDFGH", "");
        var call = "aws-call-v1." + Base64Url.EncodeToString(Encoding.ASCII.GetBytes(StsStandIn.Url(_clock)));
        Assert.Equal("strength_too_low", (await _broker.Scene.ClaimAsync(call, "short")).Code);
    }

    private async Task ReadyAsync(string template, string workload, string instance, string evidence)
    {
        await _broker.Scene.ActivateAsync(SceneFolder.Token(template, more: evidence).Replace("k8s://cluster/shop/checkout", workload, StringComparison.Ordinal));
        var approved = await _broker.Scene.ApproveAsync(_broker.Scene.ApprovalOf("x", template, ("workload", workload), ("instance", instance)));
        Assert.True(approved.Status == HttpStatusCode.Accepted, approved.Body);
    }

    private Task<Reply> CertifiedAsync(HttpMethod method, string path, string? body = null) => _broker.Scene.SendAsync(
        method, path, null, body is null ? null : new StringContent(body, Encoding.UTF8, "application/json"), (Handshake.Header, "yes"), ("Idempotency-Key", path + method));

    private static JsonObject Source(string kind, params (string Name, JsonNode Value)[] members)
    {
        var source = new JsonObject
        {
            ["Kind"] = kind, ["Environments"] = new JsonArray("test"),
            ["Owners"] = new JsonObject { ["Runtime"] = "team-shop", ["Policy"] = "team-security", ["Operator"] = "team-sre" },
        };
        foreach (var (name, value) in members) source[name] = value;
        return source;
    }

    /// <summary>Leaves on requests that ask for it what a handshake with this certificate would leave.</summary>
    private sealed class Handshake(Evidence shown) : IStartupFilter, ITlsConnectionFeature
    {
        public const string Header = "x-test-handshake";

        public X509Certificate2? ClientCertificate { get; set; } = shown.Certificate;

        public Task<X509Certificate2?> GetClientCertificateAsync(CancellationToken cancellationToken) => Task.FromResult(ClientCertificate);

        public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
        {
            app.Use((HttpContext http, RequestDelegate following) =>
            {
                if (http.Request.Headers.ContainsKey(Header))
                {
                    http.Features.Set<ITlsConnectionFeature>(this);
                    http.Features.Set(new X509Certificate2Collection(shown.Chain.ToArray()));
                }

                return following(http);
            });
            next(app);
        };
    }
}
