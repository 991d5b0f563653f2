using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using CredentialBroker.Approvals.Prompts;
using CredentialBroker.Runtime;
using CredentialBroker.TestInfra;
using CredentialBroker.Tests.Refusals;
using CredentialBroker.Tests.TestInfra;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace CredentialBroker.Tests.Sources;

/// <summary>A broker with an approval source of every format, and whatever these send, signed by hand.</summary>
internal sealed partial class SourcesScene : IAsyncDisposable
{
    public const string EventSource = "https://pipeline.test", Name = "uri:spiffe://test/gate", GitHubSecret = "it is a secret to everybody";

    private readonly TestKey _actionsKey = TestKey.Make("actions-1", "RS256");
    private readonly FakeClock _signing = new();

    public HostileScene Hostile { get; private set; } = null!;

    public GitHubStandIn GitHub { get; } = new();

    public TestAuthority Authority { get; } = new(TimeProvider.System.GetUtcNow());

    public byte[] Secret { get; } = RandomNumberGenerator.GetBytes(32);

    public Scene Scene => Hostile.Scene;

    public DateTimeOffset Now => Hostile.Clock.GetUtcNow();

    public static async Task<SourcesScene> StartAsync(Action<JsonObject>? change = null, string? template = null)
    {
        var scene = new SourcesScene();
        await Task.WhenAll(scene.GitHub.StartAsync(), scene.GitLab.StartAsync());
        scene.Hostile = await HostileScene.StartAsync(
            change: configuration =>
            {
                scene.Configure(configuration);
                change?.Invoke(configuration["TrustSources"]!["Approvals"]!.AsObject());
            },
            services: all => all.AddSingleton<IStartupFilter, CertificateHeader>(),
            templates: template ?? SceneFolder.Token()
                .Replace("sources: [gate]", "sources: [gate, hooks, signed, mtls, cd, github, gitlab]", StringComparison.Ordinal)
                .Replace("""["k8s://cluster/shop/checkout"]""", """["k8s://cluster/shop/checkout", "github://45/123/production", "gitlab://forge/22"]""", StringComparison.Ordinal));
        return scene;
    }

    /// <summary>What a document of this pod says, without its effect.</summary>
    public JsonObject Approval(params (string Name, JsonNode? Value)[] changes)
    {
        var approval = Scene.ApprovalOf(Scene.NewPod(), "token", changes);
        approval.Remove("effect");
        return approval;
    }

    public JsonObject Event(JsonNode? data, string effect = "approved", string source = EventSource, params (string Name, JsonNode? Value)[] changes)
    {
        var written = new JsonObject
        {
            ["specversion"] = "1.0", ["id"] = CredentialBroker.Protocol.Ids.New(Hostile.Clock), ["source"] = source, ["type"] = $"dev.credbroker.approval.{effect}",
            ["time"] = Now.ToString("yyyy-MM-ddTHH:mm:ssZ", System.Globalization.CultureInfo.InvariantCulture), ["datacontenttype"] = "application/json", ["data"] = data,
        };
        foreach (var (name, value) in changes)
        {
            written.Remove(name);
            if (value is not null) written[name] = value;
        }

        return written;
    }

    public Hook Hook(JsonNode body, string source = "hooks") => Hook(body.ToJsonString(), source);

    public Hook Hook(string body, string source = "hooks") => new(source, body, "msg_" + CredentialBroker.Protocol.Ids.New(Hostile.Clock), Now.ToUnixTimeSeconds(), Secret);

    public Task<Reply> SendAsync(Hook hook) => Scene.SendAsync(HttpMethod.Post, $"/v1/approvals/{hook.Source}", null, hook.Content(), hook.Headers());

    public Task<Reply> SendEventAsync(string source, string body, string? certificate = null) => Scene.SendAsync(
        HttpMethod.Post, $"/v1/approvals/{source}", null, new StringContent(body, Encoding.UTF8, "application/cloudevents+json"),
        certificate is null ? [] : [(CertificateHeader.Name, certificate)]);

    /// <param name="signature">Null for the right one, empty for none.</param>
    public Task<Reply> SendGitHubAsync(string name, string body, string? signature = null, string? delivery = null, string type = "application/json")
    {
        var headers = new List<(string, string)> { ("X-GitHub-Event", name), ("X-GitHub-Delivery", delivery ?? CredentialBroker.Protocol.Ids.New(Hostile.Clock)) };
        if (signature != "") headers.Add(("X-Hub-Signature-256", signature ?? GitHubSignature(body)));
        return Scene.SendAsync(HttpMethod.Post, "/v1/approvals/github", null, new StringContent(body, Encoding.UTF8, type), [.. headers]);
    }

    public static string GitHubSignature(string body, string secret = GitHubSecret) =>
        "sha256=" + Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes(body)));

    /// <summary>Looks into prompts until none is due.</summary>
    public async Task LookAsync()
    {
        var (sweep, ends) = (Hostile.Broker.Get<PromptSweep>(), Hostile.Broker.Get<ApprovalEnds>());
        while (await sweep.RunAsync(ends.Alongside, ends.Arrived, CancellationToken.None)) { }
    }

    /// <summary>Looks until the condition holds: the broker's own job may be in the middle of the same.</summary>
    public async Task LookUntilAsync(Func<Task<bool>> done)
    {
        for (var i = 0; !await done(); i++)
        {
            Assert.True(i < 600, "what was prompted was not looked into");
            await LookAsync();
            await Task.Delay(50);
        }
    }

    public Task<long> CountAsync(string table, string where = "1 = 1") => Hostile.NumberAsync($"SELECT count(*) FROM {table} WHERE {where}");

    public string GitHubJobToken()
    {
        _signing.Set(Now);
        return new TestIssuer("https://actions.test", Scene.Audience, _signing, _actionsKey).GitHubToken("45", "123", "production");
    }

    /// <summary>Refused at the door: this code, no row, and a record only where the sender was proven.</summary>
    public async Task RefusedAsync(string what, int status, string code, bool recorded, Func<Task<Reply>> send)
    {
        var before = await CountAsync("audit", "type = 'approval.rejected'");
        await Hostile.RefusedAsync(status, code, decided: false, what, send);
        var records = await CountAsync("audit", "type = 'approval.rejected'") - before;
        Assert.True(records == (recorded ? 1 : 0), $"{what}: {records} refusals were recorded");
    }

    public static async Task<Reply> AcceptedAsync(Task<Reply> sending)
    {
        var reply = await sending;
        Assert.True(reply.Status == HttpStatusCode.Accepted, reply.Body);
        return reply;
    }

    public async ValueTask DisposeAsync()
    {
        await Hostile.DisposeAsync();
        await GitHub.DisposeAsync();
        await GitLab.DisposeAsync();
        Authority.Dispose();
        _actionsKey.Dispose();
    }

    private void Configure(JsonObject configuration)
    {
        var trust = configuration["TrustSources"]!;
        var approvals = trust["Approvals"]!.AsObject();
        var folder = Path.GetDirectoryName(approvals["gate"]!["JwksFile"]!.GetValue<string>())!;
        string File(string name, string content)
        {
            var path = Path.Combine(folder, name);
            System.IO.File.WriteAllText(path, content);
            return path;
        }

        void Add(string name, params (string Name, JsonNode? Value)[] members)
        {
            var source = new JsonObject
            {
                ["Environments"] = new JsonArray("test"), ["Templates"] = new JsonArray("token"), ["MaxTier"] = "standard", ["Owners"] = approvals["gate"]!["Owners"]!.DeepClone(),
            };
            foreach (var (member, value) in members) source[member] = value;
            approvals[name] = source;
        }

        var secret = File("hooks.secret", "whsec_" + Convert.ToBase64String(Secret) + "\n");
        Add("hooks", ("Format", "cloudevents"), ("Authentication", "webhook"), ("Issuer", EventSource), ("SecretFile", secret));
        Add("cd", ("Format", "cdevents"), ("Authentication", "webhook"), ("Issuer", EventSource), ("SecretFile", secret));
        Add("signed", ("Format", "cloudevents"), ("Authentication", "jws"), ("Issuer", Scene.GateIssuer), ("Audience", Scene.Audience), ("JwksFile", approvals["gate"]!["JwksFile"]!.DeepClone()));
        Add("mtls", ("Format", "cloudevents"), ("Authentication", "mtls"), ("Issuer", EventSource), ("ClientCaFile", File("authority.pem", Authority.Pem)), ("ClientSan", Name));
        Add("github", ("Format", "github"), ("SecretFile", File("github.secret", GitHubSecret)), ("GitHub", new JsonObject
        {
            ["ApiBase"] = GitHub.Url.ToString().TrimEnd('/'), ["AllowLoopback"] = true, ["TokenFile"] = File("github.token", GitHubStandIn.Token),
            ["Environments"] = new JsonObject { ["production"] = "test" },
            ["Repositories"] = new JsonObject { ["octo/shop"] = new JsonObject { ["Id"] = GitHubStandIn.Repository, ["OwnerId"] = GitHubStandIn.Owner } },
        }));
        Add("gitlab", GitLabSource(File));
        trust["Workloads"]!["forge"] = GitLabJobs(File, approvals["gate"]!["Owners"]!.DeepClone());
        trust["Workloads"]!["actions"] = new JsonObject
        {
            ["Kind"] = "github", ["Issuer"] = "https://actions.test", ["Audience"] = Scene.Audience, ["Environments"] = new JsonArray("test"),
            ["JwksFile"] = File("actions.jwks", new JsonObject { ["keys"] = new JsonArray(_actionsKey.Jwk()) }.ToJsonString()), ["Owners"] = approvals["gate"]!["Owners"]!.DeepClone(),
        };
    }
}
