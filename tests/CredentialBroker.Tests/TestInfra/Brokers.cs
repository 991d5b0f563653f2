using System.Text.Json.Nodes;
using CredentialBroker.Configuration;
using CredentialBroker.Issuer;
using Microsoft.Extensions.DependencyInjection;

namespace CredentialBroker.TestInfra;

/// <summary>A broker in this process, on a real port and a real store.</summary>
internal sealed class RunningBroker(SceneFolder folder, BrokerHost host, Scene scene, bool ownsFolder) : IAsyncDisposable
{
    public SceneFolder Folder => folder;

    public BrokerHost Host => host;

    public Scene Scene => scene;

    public T Get<T>() where T : notnull => host.Services.GetRequiredService<T>();

    public async ValueTask DisposeAsync()
    {
        scene.Dispose();
        await host.DisposeAsync();
        if (ownsFolder) folder.Dispose();
    }
}

internal static class Brokers
{
    /// <summary>Built but not started: what can be told without a store.</summary>
    public static BrokerHost Build()
    {
        using var folder = new SceneFolder();
        var configuration = ConfigurationReader.Sources(folder.Write(8200));
        var (options, mistakes) = ConfigurationReader.Read(configuration, TimeProvider.System);
        Assert.Empty(mistakes);
        return BrokerHost.Build(options, configuration);
    }

    /// <param name="store">Connection string of a PostgreSQL database, or null for SQLite.</param>
    /// <param name="beside">The folder of a broker that this one is a replica of.</param>
    public static async Task<RunningBroker> StartAsync(
        string? store = null, Action<JsonObject>? change = null, SceneFolder? beside = null, TimeProvider? machine = null, Action<IServiceCollection>? services = null)
    {
        var folder = beside ?? new SceneFolder();
        var port = LoopbackPorts.FindFree();
        var configuration = ConfigurationReader.Sources(folder.Write(port, store, change));
        var (options, mistakes) = ConfigurationReader.Read(configuration, TimeProvider.System);
        Assert.Empty(mistakes);
        var host = BrokerHost.Build(options, configuration, machine, added =>
        {
            added.AddSingleton<KeyMaker>(KnownKeys.Make);
            services?.Invoke(added);
        });
        await host.StartAsync(CancellationToken.None);
        var scene = new Scene(new Uri($"http://127.0.0.1:{port}"), () => File.ReadAllText(folder.TokenFile).Trim(), folder.Cluster, folder.Gate);
        return new RunningBroker(folder, host, scene, ownsFolder: beside is null);
    }
}
