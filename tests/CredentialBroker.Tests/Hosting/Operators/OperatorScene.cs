using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using CredentialBroker.Attestation;
using CredentialBroker.Configuration;
using CredentialBroker.TestInfra;
using CredentialBroker.Tests.TestInfra;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace CredentialBroker.Tests.Operators;

/// <summary>A running broker with operators: an issuer that signs whatever a test wants, and authorities that issue any certificate.</summary>
internal sealed class OperatorScene : IAsyncDisposable
{
    public const string Issuer = "https://login.test/realms/ops";
    public const string Audience = "credbroker-operators";

    /// <summary>Names the client certificate of a request; the TLS layer's part is played by a filter before the broker.</summary>
    private const string ShownHeader = "X-Shown-Certificate";

    private readonly SceneFolder _folder;
    private readonly TestKey _key = TestKey.Make("ops-1", "ES256");
    private readonly Dictionary<string, X509Certificate2> _shown = [];

    private OperatorScene(SceneFolder folder)
    {
        _folder = folder;
        Tokens = new TestIssuer(Issuer, Audience, Clock, _key);
        Staff = new TestAuthority("CN=Staff CA");
        File.WriteAllText(KeyFile, Tokens.Jwks());
        File.WriteAllText(AuthorityFile, Staff.Pem);
    }

    public RunningBroker Broker { get; private set; } = null!;

    public Scene Scene => Broker.Scene;

    public FakeClock Clock { get; } = new(TimeProvider.System.GetUtcNow());

    public TestIssuer Tokens { get; }

    public TestAuthority Staff { get; }

    public string KeyFile => Path.Combine(_folder.Path, "ops.jwks");

    public string AuthorityFile => Path.Combine(_folder.Path, "staff.pem");

    public SceneFolder Folder => _folder;

    public static async Task<OperatorScene> StartAsync(string? store = null, Action<JsonObject>? change = null, params string[] templates)
    {
        var scene = new OperatorScene(new SceneFolder());
        scene.Broker = await scene.StartBrokerAsync(store, change);
        foreach (var template in templates) await scene.Scene.ActivateAsync(template);
        return scene;
    }

    /// <summary>A broker from this scene's configuration; one more on the same store is a replica.</summary>
    public Task<RunningBroker> StartBrokerAsync(string? store = null, Action<JsonObject>? change = null) => Brokers.StartAsync(store, configuration =>
    {
        Operators(configuration);
        change?.Invoke(configuration);
    }, _folder, services: services => services.AddSingleton<IStartupFilter>(new Shown(_shown)));

    /// <summary>Every mistake of this scene's configuration after a change.</summary>
    public static IReadOnlyList<string> MistakesOf(Action<JsonObject> change)
    {
        using var folder = new SceneFolder();
        var scene = new OperatorScene(folder);
        var file = folder.Write(8200, null, configuration =>
        {
            scene.Operators(configuration);
            change(configuration);
        });
        var mistakes = ConfigurationReader.Read(ConfigurationReader.Sources(file), TimeProvider.System).Mistakes;
        scene._key.Dispose();
        scene.Staff.Dispose();
        return mistakes;
    }

    /// <summary>A token of somebody in these groups; change a claim, or take it out with null.</summary>
    public string Token(string subject, string groups, params (string Name, JsonNode? Value)[] changes)
    {
        Clock.Set(TimeProvider.System.GetUtcNow());
        var claims = Tokens.Claims(subject);
        claims["groups"] = new JsonArray([.. groups.Split(' ').Select(g => (JsonNode)g)]);
        claims["preferred_username"] = $"{subject}@test";
        foreach (var (name, value) in changes)
        {
            claims.Remove(name);
            if (value is not null) claims[name] = value;
        }

        return Tokens.Sign(claims);
    }

    public Task<Reply> AsAsync(string token, HttpMethod method, string path, JsonNode? body = null) =>
        Scene.SendAsync(method, path, token, body is null ? null : new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json"));

    public Task<Reply> YamlAsync(string token, HttpMethod method, string path, string yaml) =>
        Scene.SendAsync(method, path, token, new StringContent(yaml, Encoding.UTF8, "application/yaml"));

    /// <summary>Sends with a client certificate, as TLS would show it.</summary>
    public async Task<Reply> ShowAsync(X509Certificate2 certificate, HttpMethod method, string path, string? bearer = null, JsonNode? body = null, Scene? at = null)
    {
        lock (_shown) _shown[certificate.Thumbprint] = certificate;
        return await (at ?? Scene).SendAsync(method, path, bearer, body is null ? null : new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json"), (ShownHeader, certificate.Thumbprint));
    }

    /// <summary>A pod with an approval and a lease of the template.</summary>
    public async Task<(string Pod, string Lease)> LeaseAsync(string template)
    {
        var pod = Scene.NewPod();
        Assert.Equal(HttpStatusCode.Accepted, (await Scene.ApproveAsync(Scene.ApprovalOf(pod, template))).Status);
        var claim = await Scene.ClaimAsync(Scene.Token(pod), template);
        Assert.True(claim.Status == HttpStatusCode.Created, claim.Body);
        return (pod, claim.Json.GetProperty("lease").GetProperty("id").GetString()!);
    }

    /// <summary>Bodies of audit records of one type, oldest first.</summary>
    public async Task<List<JsonElement>> AuditAsync(string type, string? token = null) =>
        [.. (await AsAsync(token ?? Token("reader", "auditors"), HttpMethod.Get, $"/v1/audit?type={type}")).Body.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => JsonDocument.Parse(JsonDocument.Parse(line).RootElement.GetProperty("body").GetString()!).RootElement)];

    public async ValueTask DisposeAsync()
    {
        await Broker.DisposeAsync();
        _folder.Dispose();
        _key.Dispose();
        Staff.Dispose();
    }

    public static JsonObject Role(string role, string? selector, string claim, params string[] values)
    {
        var binding = new JsonObject { ["Role"] = role, ["Match"] = new JsonArray(new JsonObject { ["Claim"] = claim, ["Values"] = new JsonArray([.. values.Select(v => (JsonNode)v)]) }) };
        if (selector is not null) binding["Selector"] = selector;
        return binding;
    }

    private void Operators(JsonObject configuration)
    {
        configuration["Operators"]!["Issuers"] = new JsonObject
        {
            ["corp"] = new JsonObject
            {
                ["Issuer"] = Issuer, ["Audience"] = Audience, ["JwksFile"] = KeyFile,
                ["Roles"] = new JsonArray(
                    Role("auditor", null, "groups", "auditors"), Role("platform", null, "groups", "platform"), Role("responder", null, "groups", "responders"), Role("reporter", null, "groups", "reporters"), Role("admin", null, "groups", "admins"),
                    Role("admin", "environment=test", "groups", "test-admins"), Role("admin", "environment=elsewhere", "groups", "elsewhere-admins"),
                    Role("responder", "namespace=shop", "groups", "shop-responders"), Role("auditor", "template=token", "/realm/roles", "token-auditors")),
            },
        };
        configuration["Operators"]!["Certificates"] = new JsonObject
        {
            ["staff"] = new JsonObject
            {
                ["CaFile"] = AuthorityFile,
                ["Roles"] = new JsonArray(Role("auditor", null, "email", "ann@test"), Role("responder", "environment=test", "uri", "spiffe://test/ops/robot"), Role("admin", null, "subject", "CN=root, O=Test")),
            },
        };
    }

    private sealed class Shown(Dictionary<string, X509Certificate2> certificates) : IStartupFilter
    {
        public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
        {
            app.Use(async (HttpContext http, RequestDelegate rest) =>
            {
                if (http.Request.Headers[ShownHeader] is [{ } name])
                {
                    lock (certificates) http.Connection.ClientCertificate = certificates[name];
                }

                await rest(http);
            });
            next(app);
        };
    }
}
