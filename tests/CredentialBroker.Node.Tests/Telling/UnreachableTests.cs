using System.Text;
using System.Text.Json;
using CredentialBroker.Node.Approving;
using CredentialBroker.Node.Gate;
using CredentialBroker.Node.Hosting;
using CredentialBroker.Node.Telling;
using CredentialBroker.Node.Tests.TestInfra;

namespace CredentialBroker.Node.Tests.Telling;

/// <summary>A node whose broker, or whose engine, is nowhere.</summary>
public sealed class UnreachableTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("cbn-away-").FullName;
    private readonly StringWriter _said = new();
    private readonly EngineStandIn _engine;
    private RunningNode _node = null!;

    public UnreachableTests() => _engine = new EngineStandIn(Path.Combine(_folder, "engine.sock"));

    public async Task InitializeAsync()
    {
        await _engine.StartAsync();
        _node = new RunningNode(ExampleHost.OptionsIn(_folder, "http://127.0.0.1:9", Path.Combine(_folder, "plugin", "p.sock")), new Say(TextWriter.Synchronized(_said), TimeProvider.System), TimeProvider.System);
        _node.Trust.Found("29.3.1", null);
    }

    public async Task DisposeAsync()
    {
        await _node.DisposeAsync();
        await _engine.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task R01_Nothing_starts_while_the_broker_is_not_reached()
    {
        var id = await CreateAsync();
        Assert.Contains("broker_unreachable", (await StartAsync(id)).Msg, StringComparison.Ordinal);
        Assert.Null(_node.Containers.Find(id)!.ApprovedAt);
    }

    [Fact]
    public async Task Nothing_starts_on_an_engine_that_was_not_seen_to_show_what_it_does()
    {
        var id = await CreateAsync();
        _node.Trust.Lost();
        Assert.Contains("host_untrusted", (await StartAsync(id)).Msg, StringComparison.Ordinal);
    }

    [Fact]
    public async Task R11_What_the_engine_made_of_a_request_has_to_be_what_was_asked_for()
    {
        // As an engine does that was shown less than it acted on.
        _engine.Makes = """{"Privileged":true,"SecurityOpt":["label=disable"]}""";
        var id = await CreateAsync(isBound: false);
        Assert.Contains("container_unbound", (await StartAsync(id)).Msg, StringComparison.Ordinal);

        _engine.Makes = "{}";
        var sound = await CreateAsync();
        _engine.Makes = """{"Binds":["/etc:/host"]}""";
        Assert.Contains("container_differs", (await StartAsync(sound)).Msg, StringComparison.Ordinal);
    }

    [Fact]
    public async Task R43_A_question_that_cannot_be_read_is_refused()
    {
        foreach (var question in (string[])["", "[]", "null", "{", """{"User":1}""", """{"RequestURI":"/_ping"}""", """{"RequestMethod":"GET","RequestMethod":"POST"}""", """{"RequestBody":"not base64!"}"""])
        {
            var verdict = await _node.Plugin.BeforeAsync(Encoding.UTF8.GetBytes(question), CancellationToken.None);
            Assert.True(verdict is { Allow: false } && verdict.Msg!.Contains("call_malformed", StringComparison.Ordinal), $"{question}: {verdict.Msg}");
        }
    }

    [Fact]
    public async Task A_caller_does_not_become_the_node_by_saying_so()
    {
        foreach (var secret in (string[])["", "guess", _node.Engine.Secret.ToUpperInvariant()])
        {
            var verdict = await BeforeAsync(new Call { Verb = "GET", Uri = "/containers/x/logs", Headers = new Dictionary<string, string> { ["X-Credbroker-Node"] = secret } });
            Assert.False(verdict.Allow);
        }
    }

    [Fact]
    public void What_is_told_is_split_into_documents_that_the_broker_takes()
    {
        var ledger = new Ledger(_node.Spool, _node.Trust, TimeProvider.System);
        for (var i = 0; i < 300; i++) ledger.Tell(new Protocol.Hosts.ContainerRecord("refused", TimeProvider.System.GetUtcNow(), false, new string('c', 200), Request: new string('r', 200), Code: "not_allowed"));
        var reports = ledger.Take().Select(one => JsonSerializer.Deserialize(one, Protocol.ProtocolJson.Default.HostReport)!).ToList();
        Assert.All(reports, one => Assert.True(JsonSerializer.Serialize(one, Protocol.ProtocolJson.Default.HostReport).Length < 12_000));
        Assert.Equal((200, 100), (reports.Sum(one => one.Records.Count), (int)reports.Sum(one => one.Dropped)));

        // Absurdly many resources are told as far as they can be, and how many more there were.
        ledger.TellNow(new Protocol.Hosts.ContainerRecord("privileged_request", TimeProvider.System.GetUtcNow(), false, "ci", Resources: [.. Enumerable.Range(0, 5000).Select(i => $"device-rule:{i}")]));
        var waiting = _node.Spool.All().Select(one => JsonSerializer.Deserialize(one.Text(), Protocol.ProtocolJson.Default.HostReport)!).Where(one => one.Records is [{ Kind: "privileged_request" }]).ToList();
        Assert.Equal(8, waiting.Count);
        Assert.StartsWith("and ", waiting[^1].Records[0].Resources![^1], StringComparison.Ordinal);
    }

    private async Task<string> CreateAsync(bool isBound = true)
    {
        var call = new Call
        {
            User = "ci", Method = "TLS", Verb = "POST", Uri = "/v1.41/containers/create", Headers = new Dictionary<string, string> { ["Content-Type"] = "application/json" }, Body = Encoding.UTF8.GetBytes("""{"Image":"t/busybox:1"}"""),
        };
        Assert.True((await BeforeAsync(call)).Allow, _said.ToString());
        var id = _engine.Make();
        await _node.Plugin.AfterAsync(JsonSerializer.SerializeToUtf8Bytes(call with { Status = 201, Answer = Encoding.UTF8.GetBytes($"{{\"Id\":\"{id}\",\"Warnings\":[]}}") }, CallJson.Default.Call), CancellationToken.None);
        Assert.Equal(isBound, _node.Containers.Find(id) is not null);
        return id;
    }

    private Task<Verdict> StartAsync(string id) => BeforeAsync(new Call { User = "ci", Method = "TLS", Verb = "POST", Uri = $"/v1.41/containers/{id}/start" });

    private Task<Verdict> BeforeAsync(Call call) => _node.Plugin.BeforeAsync(JsonSerializer.SerializeToUtf8Bytes(call, CallJson.Default.Call), CancellationToken.None);
}
