using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using CredentialBroker.Configuration;
using CredentialBroker.Protocol;

namespace CredentialBroker.Demo;

/// <summary>A broker with a cluster and an admission gate beside it, in a folder that goes away with the story.</summary>
internal sealed class Stage : IAsyncDisposable
{
    public const string Workload = "k8s://demo/shop/checkout";

    private readonly string _folder;
    private readonly List<HttpClient> _clients = [];
    private BrokerHost? _broker;

    private Stage(string folder) => _folder = folder;

    public Signer Cluster { get; } = new("https://cluster.demo", "credbroker/demo", "cluster-1", TimeProvider.System);

    public Signer Gate { get; } = new("https://gate.demo", "credbroker/demo", "gate-1", TimeProvider.System);

    public DemoDatabase? Database { get; private set; }

    public Uri Address { get; private set; } = new("http://127.0.0.1");

    public DemoVault? SecretStore { get; private set; }

    public DemoAccount? Account { get; private set; }

    public static async Task<Stage> SetAsync(string? postgres, (Uri Address, string TokenFile)? vault = null, Uri? aws = null)
    {
        var stage = new Stage(Directory.CreateTempSubdirectory("credbroker-demo-").FullName);
        try
        {
            if (postgres is not null) stage.Database = await DemoDatabase.PrepareAsync(postgres);
            if (vault is var (address, file)) stage.SecretStore = await DemoVault.PrepareAsync(address, file);
            if (aws is not null) stage.Account = await DemoAccount.FindAsync(aws);
            await stage.StartAsync();
            return stage;
        }
        catch
        {
            await stage.DisposeAsync();
            throw;
        }
    }

    /// <summary>The operator's hand.</summary>
    public BrokerClient Operator() => Client(File.ReadAllText(Path.Combine(_folder, "bootstrap-token")).Trim());

    public BrokerClient Client(string? token = null)
    {
        var http = new HttpClient(BrokerHttp.Handler(Address)) { BaseAddress = Address };
        _clients.Add(http);
        return new BrokerClient(http, token);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var client in _clients) client.Dispose();
        if (_broker is not null) await _broker.DisposeAsync();
        if (Database is not null) await Database.DisposeAsync();
        if (SecretStore is not null) await SecretStore.DisposeAsync();
        Account?.Dispose();
        Cluster.Dispose();
        Gate.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task StartAsync()
    {
        Address = new Uri($"http://127.0.0.1:{FreePort()}");
        File.WriteAllText(Path.Combine(_folder, "cluster.jwks"), Cluster.Jwks());
        File.WriteAllText(Path.Combine(_folder, "gate.jwks"), Gate.Jwks());
        File.WriteAllText(Path.Combine(_folder, "appsettings.json"), Configuration().ToJsonString());
        var configuration = ConfigurationReader.Sources(Path.Combine(_folder, "appsettings.json"));
        var (options, mistakes) = ConfigurationReader.Read(configuration, TimeProvider.System);
        if (mistakes.Count > 0) throw new DemoFailedException(string.Join('\n', mistakes));
        _broker = BrokerHost.Build(options, configuration);
        await _broker.StartAsync(CancellationToken.None);
    }

    private JsonObject Configuration()
    {
        var targets = new JsonObject { ["SignedToken"] = new JsonObject { ["internal"] = new JsonObject { ["Audiences"] = new JsonArray("https://artifacts.demo") } } };
        if (Database is not null) targets["Postgres"] = new JsonObject { ["orders"] = Database.Target(_folder) };
        if (Account is not null) targets["Aws"] = new JsonObject { ["main"] = Account.Target(_folder) };
        if (SecretStore is not null) targets["Vault"] = new JsonObject { ["main"] = SecretStore.Target() };
        return new JsonObject
        {
            ["Logging"] = new JsonObject { ["LogLevel"] = new JsonObject { ["Default"] = "Error" } },
            ["Hosting"] = new JsonObject { ["Listen"] = Address.ToString().TrimEnd('/'), ["Profile"] = "dev" },
            ["Storage"] = new JsonObject { ["Folder"] = Path.Combine(_folder, "data") },
            ["Operators"] = new JsonObject { ["BootstrapTokenFile"] = Path.Combine(_folder, "bootstrap-token") },
            ["TrustSources"] = new JsonObject
            {
                ["Workloads"] = new JsonObject { ["demo"] = Source("https://cluster.demo", "cluster.jwks", ("Kind", "kubernetes")) },
                ["Approvals"] = new JsonObject { ["gate"] = Source("https://gate.demo", "gate.jwks", ("Templates", new JsonArray("build-*", "orders-*"))) },
            },
            ["Targets"] = targets,
        };
    }

    private JsonObject Source(string issuer, string keys, (string Name, JsonNode Value) more) => new()
    {
        ["Issuer"] = issuer, ["Audience"] = "credbroker/demo", ["JwksFile"] = Path.Combine(_folder, keys), ["Environments"] = new JsonArray("demo"),
        ["Owners"] = new JsonObject { ["Runtime"] = "team-shop", ["Policy"] = "team-security", ["Operator"] = "team-sre" }, [more.Name] = more.Value,
    };

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
