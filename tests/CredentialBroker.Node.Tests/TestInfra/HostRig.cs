using System.Text.Json.Nodes;
using CredentialBroker.Node.Configuration;
using CredentialBroker.Node.Gate;
using CredentialBroker.Node.Hosting;
using CredentialBroker.Node.Tests.Gate;
using CredentialBroker.Node.Telling;
using CredentialBroker.TestInfra;

namespace CredentialBroker.Node.Tests.TestInfra;

/// <summary>A container host as it is run: a broker, a node, and a real engine that asks it.</summary>
public sealed class HostRig : IAsyncLifetime
{
    public const string Host = "host-1", Template = "docker-token", Exception = "old-engine";

    private readonly string _folder = Directory.CreateTempSubdirectory("cbn-").FullName;
    private readonly StringWriter _said = new();

    internal RunningBroker Broker { get; private set; } = null!;

    internal RunningNode Node { get; private set; } = null!;

    internal DockerEngine Engine { get; private set; } = null!;

    internal NodeOptions Options { get; private set; } = null!;

    /// <summary>Whether the engine finds a body privileged, when nobody is asked.</summary>
    internal Dictionary<string, bool> GoReads { get; } = [];

    /// <summary>A container that was made while nobody was asked.</summary>
    internal string Stray { get; private set; } = "";

    internal string Said => _said.ToString();

    internal string Evidence => Path.Combine(_folder, "door", "evidence.sock");

    internal string Data => Path.Combine(_folder, "shared");

    internal Scene Scene => Broker.Scene;

    public async Task InitializeAsync()
    {
        if (new EngineFactAttribute().Skip is not null) return;
        Directory.CreateDirectory(Data);
        var plugin = $"credbroker-test-{Environment.ProcessId}";
        Options = OptionsIn(_folder, "http://127.0.0.1:1", $"/run/docker/plugins/{plugin}.sock");
        using (NodeKey.Open(Options, TimeProvider.System)) { }
        Broker = await Brokers.StartAsync(change: configuration => Configure(configuration, Options.Keys.JwksFile));
        Options = Options with { Broker = Options.Broker with { Address = Broker.Scene.Address.ToString() } };
        Assert.Empty(Options.Validate(TimeProvider.System));
        Engine = new DockerEngine(_folder, plugin);
        await Engine.StartAsync(asks: false);
        await Engine.ImportAsync();
        foreach (var row in ReadingTests.Bodies) GoReads[(string)row[0]] = await ReadByGoAsync((string)row[0]);
        Stray = (await Engine.AsAsync("admin", HttpMethod.Post, "/containers/create", """{"Image":"t/busybox:1"}""")).Json.GetProperty("Id").GetString()!;
        await Engine.StopAsync();
        await Scene.ActivateAsync(TemplateFor(Engine.Image));
        await StartNodeAsync();
        await Engine.StartAsync(asks: true);
        await UntilAsync(async () => (await Scene.OperatorAsync(HttpMethod.Get, "/v1/hosts")).Json.GetProperty("hosts")[0].GetProperty("accepted").GetBoolean(), "the broker does not hear the host");
    }

    /// <summary>Made while the engine asked nobody: the engine's own reading of a body.</summary>
    private async Task<bool> ReadByGoAsync(string body)
    {
        var made = await Engine.AsAsync("admin", HttpMethod.Post, "/containers/create", "{\"Image\":\"t/busybox:1\"," + body[1..]);
        if (made.Status != System.Net.HttpStatusCode.Created) return false;
        var id = made.Json.GetProperty("Id").GetString()!;
        var isPrivileged = (await Engine.AsAsync("admin", HttpMethod.Get, $"/containers/{id}/json")).Json.GetProperty("HostConfig").GetProperty("Privileged").GetBoolean();
        await Engine.AsAsync("admin", HttpMethod.Delete, $"/containers/{id}");
        return isPrivileged;
    }

    internal async Task StartNodeAsync()
    {
        Node = new RunningNode(Options, new Say(TextWriter.Synchronized(_said), TimeProvider.System), TimeProvider.System);
        await Node.StartAsync(CancellationToken.None);
    }

    public async Task DisposeAsync()
    {
        if (Engine is null) return;
        await Engine.DisposeAsync();
        await Node.DisposeAsync();
        await Broker.DisposeAsync();
        try
        {
            Directory.Delete(_folder, recursive: true);
        }
        catch (IOException)
        {
            // What an engine mounted below it goes with the engine, a moment later.
        }
    }

    internal static NodeOptions OptionsIn(string folder, string broker, string plugin) => new()
    {
        Host = Host, Issuer = "https://host-1.nodes.test", Environment = "test",
        Broker = new BrokerOptions { Address = broker, Audience = Scene.Audience, Beat = TimeSpan.FromSeconds(1) },
        Engine = new EngineOptions { Socket = Path.Combine(folder, "engine.sock"), Exception = new ExceptionOptions { Name = Exception, Until = TimeProvider.System.GetUtcNow().AddHours(1) } },
        Plugin = new PluginOptions { Socket = plugin },
        Attestation = new AttestationOptions { Socket = Path.Combine(folder, "door", "evidence.sock") },
        State = new StateOptions { Folder = Path.Combine(folder, "state") },
        Keys = new KeyOptions { KeyFile = Path.Combine(folder, "state", "key.pem"), JwksFile = Path.Combine(folder, "node.jwks") },
        Callers = new Dictionary<string, CallerOptions>
        {
            ["ci"] = new() { Names = ["ci"], May = ["look", "logs", "run", "attach"], Images = ["t/busybox:1", "absent:*"], HostResources = [$"bind:{Path.Combine(folder, "shared")}*", "capability:NET_BIND_SERVICE"], Templates = [Template] },
            ["admin"] = new() { Uris = ["spiffe://people.test/admin"], May = [.. Enum.GetNames<Act>()], Images = ["*"], HostResources = ["*"], Templates = [Template] },
            ["socket"] = new() { Anonymous = true, May = ["look"] },
        },
    };

    internal static void Configure(JsonObject configuration, string jwks)
    {
        var owners = new JsonObject { ["Runtime"] = "team-shop", ["Policy"] = "team-security", ["Operator"] = "team-sre" };
        configuration["TrustSources"]!["Workloads"]![Host] = new JsonObject
        {
            ["Kind"] = "docker", ["Issuer"] = "https://host-1.nodes.test", ["Audience"] = Scene.Audience, ["JwksFile"] = jwks, ["Environments"] = new JsonArray("test"), ["Owners"] = owners.DeepClone(),
        };
        configuration["TrustSources"]!["Approvals"]![Host] = new JsonObject
        {
            ["Issuer"] = "https://host-1.nodes.test", ["Audience"] = Scene.Audience, ["JwksFile"] = jwks, ["Environments"] = new JsonArray("test"), ["Templates"] = new JsonArray(Template), ["MaxTier"] = "privileged", ["Owners"] = owners.DeepClone(),
        };
        configuration["Hosts"] = new JsonObject { ["Sources"] = new JsonObject { [Host] = new JsonObject { ["SilentAfter"] = "00:00:30", ["Exceptions"] = new JsonArray(Exception) } } };
    }

    internal static string TemplateFor(string image) =>
        $$"""
        apiVersion: credentialbroker/v1
        kind: IssuanceTemplate
        metadata: { name: {{Template}}, environment: test }
        owners: { runtime: team-shop, policy: team-security, operator: team-sre }
        match:
          workloads: ["docker://{{Host}}/{{image}}"]
          approvals: { sources: [{{Host}}] }
        tier: standard
        ttl: 5m
        maxTtl: 1h
        concurrentLeases: 3
        backend: { signed-token: { target: internal, audience: "https://api.test" } }
        """;

    internal static async Task UntilAsync(Func<Task<bool>> holds, string otherwise, int seconds = 20)
    {
        for (var i = 0; !await holds(); i++)
        {
            Assert.True(i < seconds * 20, otherwise);
            await Task.Delay(50);
        }
    }
}
