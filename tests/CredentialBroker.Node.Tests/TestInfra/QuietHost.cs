using System.Text.Json.Nodes;
using CredentialBroker.Node.Configuration;
using CredentialBroker.Node.Telling;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Hosts;
using CredentialBroker.TestInfra;

namespace CredentialBroker.Node.Tests.TestInfra;

/// <summary>A broker that knows a container host, and that host's key without a host: what it says is a test's to say.</summary>
public sealed class QuietHost : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("cbn-quiet-").FullName;

    internal RunningBroker Broker { get; private set; } = null!;

    internal NodeOptions Options { get; private set; } = null!;

    internal NodeKey Key { get; private set; } = null!;

    internal Scene Scene => Broker.Scene;

    public async Task InitializeAsync()
    {
        Options = ExampleHost.OptionsIn(_folder, "http://127.0.0.1:1", Path.Combine(_folder, "plugin", "p.sock"));
        Key = NodeKey.Open(Options, TimeProvider.System);
        Broker = await Brokers.StartAsync(change: configuration => ExampleHost.Configure(configuration, Options.Keys.JwksFile));
        await Scene.ActivateAsync(ExampleHost.TemplateFor($"sha256:{new string('1', 64)}"));
    }

    public async Task DisposeAsync()
    {
        await Broker.DisposeAsync();
        Key.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    internal Task<Reply> ReportAsync(HostReport report) => SendAsync(Key.Sign(NodeKey.Records, report.Id, TimeSpan.FromMinutes(5), ("report", System.Text.Json.JsonSerializer.SerializeToNode(report, ProtocolJson.Default.HostReport)!)));

    internal Task<Reply> SendAsync(string jws, string host = ExampleHost.Host) => Scene.SendAsync(HttpMethod.Post, $"/v1/hosts/{host}/records", null, new StringContent(jws, System.Text.Encoding.ASCII, "application/jose"));

    internal Task<Reply> ApproveAsync(string container, string? workload = null) => Scene.ApproveAsync(Key.Sign(NodeKey.Approval, $"{container}.1", TimeSpan.FromMinutes(5), ("approval", new JsonObject
    {
        ["effect"] = "approved", ["ref"] = $"{container}.1", ["environment"] = "test", ["templates"] = new JsonArray(ExampleHost.Template), ["workload"] = workload ?? $"docker://{ExampleHost.Host}/sha256:{new string('1', 64)}",
        ["instance"] = container, ["task"] = $"docker/{ExampleHost.Host}/{container}/1", ["tier"] = "standard", ["requester"] = "ci",
    })), ExampleHost.Host);

    internal string Evidence(string container, params (string Name, JsonNode Value)[] changes)
    {
        var claims = new Dictionary<string, JsonNode>
        {
            ["sub"] = $"docker:{ExampleHost.Host}:{container}", ["host"] = ExampleHost.Host, ["container"] = container, ["image"] = $"sha256:{new string('1', 64)}", ["run"] = 1,
        };
        foreach (var (name, value) in changes) claims[name] = value;
        return Key.Sign(NodeKey.Evidence, Ids.New(TimeProvider.System), TimeSpan.FromMinutes(2), [.. claims.Select(one => (one.Key, one.Value))]);
    }

    internal HostReport Report(string trust = "trusted", params ContainerRecord[] records) =>
        new(Ids.New(TimeProvider.System), new EngineStanding("29.3.1", trust, trust == "trusted" ? null : "it acted on more than it showed", trust == "excepted" ? ExampleHost.Exception : null, trust == "excepted" ? TimeProvider.System.GetUtcNow().AddHours(1) : null), records, []);
}
