using CredentialBroker.Sidecar.Tests.TestInfra;
using CredentialBroker.TestInfra;

namespace CredentialBroker.Sidecar.Tests.Clients.Matrix;

/// <summary>
/// Where one client lives through all scenarios: a folder in memory, a port, and the servers that it uses its credentials
/// at. They stay while broker and sidecar come and go, as they do for a workload.
/// </summary>
internal sealed class Place(RealClient client, PostgresFixture postgres) : IAsyncDisposable
{
    private static int s_number;
    private readonly string _folder = Directory.CreateDirectory($"/dev/shm/credbroker-clients-{Environment.ProcessId}-{Interlocked.Increment(ref s_number)}").FullName;
    private readonly List<IAsyncDisposable> _servers = [];
    private IAsked? _asked;

    public RealClient Client => client;

    public int Port { get; } = LoopbackPorts.FindFree();

    public string Socket => PathOf("sock");

    public GitServer Git { get; private set; } = null!;

    public ClusterStandIn Cluster { get; private set; } = null!;

    public EngineStandIn Engine { get; private set; } = null!;

    /// <summary>The superuser's connection string.</summary>
    public string Postgres { get; private set; } = "";

    public string PathOf(string name) => Path.Combine(_folder, name);

    public async Task<Answer> AskAsync(bool anew) => await (_asked ??= await client.OpenAsync(this)).AskAsync(anew);

    public async Task<Place> WithGitAsync() => Kept(Git = await GitServer.StartAsync(PathOf("repositories"), "x-access-token", secret => secret.StartsWith("ghs_token", StringComparison.Ordinal)));

    public async Task<Place> WithClusterAsync() => Kept(Cluster = await ClusterStandIn.StartAsync(PathOf("ca.pem")));

    public async Task<Place> WithEngineAsync() => Kept(Engine = await EngineStandIn.StartAsync(PathOf("docker.sock")));

    public async Task<Place> WithPostgresAsync()
    {
        Postgres = await postgres.NewDatabaseAsync();
        return this;
    }

    /// <summary>The client's program ends; another begins with the next ask.</summary>
    public async Task EndClientAsync()
    {
        if (_asked is not null) await _asked.DisposeAsync();
        _asked = null;
    }

    public async ValueTask DisposeAsync()
    {
        await EndClientAsync();
        foreach (var server in _servers) await server.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private Place Kept(IAsyncDisposable server)
    {
        _servers.Add(server);
        return this;
    }
}

/// <summary>Every client's place, made when a scenario first asks for it.</summary>
public sealed class Places : IAsyncLifetime
{
    private readonly Dictionary<string, Place> _all = [];
    private readonly PostgresFixture _postgres = new();

    internal async Task<Place> OfAsync(string name)
    {
        if (_all.TryGetValue(name, out var known)) return known;
        var client = RealClients.All[name];
        return _all[name] = await client.PrepareAsync(new Place(client, _postgres));
    }

    public Task InitializeAsync() => _postgres.InitializeAsync();

    public async Task DisposeAsync()
    {
        foreach (var place in _all.Values) await place.DisposeAsync();
        await _postgres.DisposeAsync();
    }
}
