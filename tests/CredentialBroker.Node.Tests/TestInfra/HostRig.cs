using CredentialBroker.Node.Configuration;
using CredentialBroker.Node.Hosting;
using CredentialBroker.Node.Tests.Gate;
using CredentialBroker.Node.Telling;
using CredentialBroker.TestInfra;

namespace CredentialBroker.Node.Tests.TestInfra;

/// <summary>A container host as it is run: a broker, a node, and a real engine that asks it.</summary>
public sealed class HostRig : IAsyncLifetime
{
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
        Options = ExampleHost.OptionsIn(_folder, "http://127.0.0.1:1", $"/run/docker/plugins/{plugin}.sock");
        using (NodeKey.Open(Options, TimeProvider.System)) { }
        Broker = await Brokers.StartAsync(change: configuration => ExampleHost.Configure(configuration, Options.Keys.JwksFile));
        Options = Options with { Broker = Options.Broker with { Address = Broker.Scene.Address.ToString() } };
        Assert.Empty(Options.Validate(TimeProvider.System));
        Engine = new DockerEngine(_folder, plugin);
        await Engine.StartAsync(asks: false);
        await Engine.ImportAsync();
        foreach (var row in ReadingTests.Bodies) GoReads[(string)row[0]] = await ReadByGoAsync((string)row[0]);
        Stray = (await Engine.AsAsync("admin", HttpMethod.Post, "/containers/create", """{"Image":"t/busybox:1"}""")).Json.GetProperty("Id").GetString()!;
        await Engine.StopAsync();
        await Scene.ActivateAsync(ExampleHost.TemplateFor(Engine.Image));
        await StartNodeAsync();
        await Engine.StartAsync(asks: true);
        await BelievedAsync();
    }

    /// <summary>The node has tested its engine, and the broker has heard since then that it may be believed.</summary>
    internal async Task BelievedAsync()
    {
        await UntilAsync(() => Task.FromResult(Node.Trust.Standing.Trust != "untrusted"), "the engine was not tested");
        var since = TimeProvider.System.GetUtcNow();
        await UntilAsync(async () => (await Scene.OperatorAsync(HttpMethod.Get, "/v1/hosts")).Json.GetProperty("hosts")[0] is var host
            && host.GetProperty("accepted").GetBoolean() && host.GetProperty("heardAt").GetDateTimeOffset() >= since, "the broker does not hear the host");
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

    internal static async Task UntilAsync(Func<Task<bool>> holds, string otherwise, int seconds = 20)
    {
        for (var i = 0; !await holds(); i++)
        {
            Assert.True(i < seconds * 20, otherwise);
            await Task.Delay(50);
        }
    }
}
