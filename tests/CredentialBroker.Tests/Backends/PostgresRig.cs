using System.Collections.Concurrent;
using System.Security.Cryptography;
using CredentialBroker.Backends.Postgres;
using CredentialBroker.Protocol;
using CredentialBroker.Storage;
using CredentialBroker.TestInfra;
using Npgsql;

namespace CredentialBroker.Backends;

/// <summary>
/// A target as an operator would prepare it, with roles of its own on the shared server: a broker's login that is no
/// superuser, two groups, an object owner and two databases.
/// </summary>
internal sealed class PostgresRig : IAsyncDisposable
{
    public const string TargetName = "orders";
    private static readonly ConcurrentDictionary<PostgresServer, Lazy<Task<(string, string)>>> Shared = new();
    private readonly string _passwordFile;
    private readonly PostgresServer _server;

    private PostgresRig(PostgresServer server, string suffix, string home, string second, string passwordFile, int port)
    {
        (_server, _passwordFile, BrokerId) = (server, passwordFile, suffix);
        Target = new PostgresTarget
        {
            Host = "127.0.0.1", Port = port, Database = home, Databases = [second], Username = $"broker_{suffix}", PasswordFile = passwordFile,
            SslMode = "disable", AllowedGroups = [$"reader_{suffix}", $"writer_{suffix}"], ObjectOwner = $"owner_{suffix}",
        };
        Connections = new PostgresConnections(new Dictionary<string, PostgresTarget> { [TargetName] = Target });
        Backend = new PostgresBackend(suffix, Connections, Clock);
    }

    public string BrokerId { get; }
    public BrokerClock Clock { get; } = new(TimeProvider.System);
    public PostgresTarget Target { get; }
    public PostgresConnections Connections { get; }
    public PostgresBackend Backend { get; }
    public string Reader => Target.AllowedGroups[0];
    public string Writer => Target.AllowedGroups[1];
    public string Home => Target.Database;
    public string Second => Target.Databases[0];

    /// <param name="ownDatabases">For tests that make things in them; making databases takes longer than most tests.</param>
    public static async Task<PostgresRig> StartAsync(PostgresFixture fixture, int? port = null, bool ownDatabases = false)
    {
        var server = await fixture.ServerAsync();
        var suffix = RandomNumberGenerator.GetString("0123456789abcdefghjkmnpqrstvwxyz", 6);
        var (home, second) = ownDatabases ? await TwoDatabasesAsync(fixture) : await Shared.GetOrAdd(server, _ => new(() => TwoDatabasesAsync(fixture))).Value;
        var password = RandomNumberGenerator.GetHexString(32);
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, password + "\n");
        var rig = new PostgresRig(server, suffix, home, second, file, port ?? server.Port);
        await rig.SuperAsync($"""
            CREATE ROLE reader_{suffix} NOLOGIN; CREATE ROLE writer_{suffix} NOLOGIN; CREATE ROLE owner_{suffix} NOLOGIN;
            CREATE ROLE broker_{suffix} LOGIN CREATEROLE PASSWORD '{password}';
            GRANT reader_{suffix}, writer_{suffix} TO broker_{suffix} WITH ADMIN OPTION; GRANT owner_{suffix} TO broker_{suffix};
            """);
        foreach (var database in new[] { home, second })
            await rig.SuperAsync($"GRANT CREATE ON SCHEMA public TO writer_{suffix}, owner_{suffix}", database);
        return rig;
    }

    public PostgresGrant Grant(params string[] groups) =>
        new(TargetName, groups.Length == 0 ? [Reader, Writer] : groups, 5, [], Target.AllowedGroups);

    public Order Order(TimeSpan? life = null, TimeSpan? deadline = null, PostgresGrant? grant = null)
    {
        var now = Clock.NowMs();
        return new Order(
            Ids.New(Clock), grant ?? Grant(), new Dictionary<string, string>(), now + (long)(life ?? TimeSpan.FromMinutes(5)).TotalMilliseconds,
            now + (long)(deadline ?? TimeSpan.FromSeconds(10)).TotalMilliseconds);
    }

    public string RoleOf(Order order) => $"cb-{BrokerId}-{order.LeaseId}";

    public async Task<NpgsqlConnection> LogInAsync(Secret secret, string? database = null)
    {
        var parts = System.Text.Json.JsonSerializer.Deserialize<Dictionary<string, string>>(secret.Reveal().Span)!;
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder
        {
            Host = parts["host"], Port = _server.Port, Database = database ?? parts["database"], Username = parts["username"],
            Password = parts["password"], SslMode = SslMode.Disable, Pooling = false, Timeout = 5,
        }.ConnectionString);
        try
        {
            await connection.OpenAsync();
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    public async Task<bool> RoleExistsAsync(string role) => await SuperAsync($"SELECT count(*) FROM pg_roles WHERE rolname = '{role}'") is 1L;

    public async Task<object?> SuperAsync(string sql, string? database = null)
    {
        await using var connection = new NpgsqlConnection(_server.SuperuserConnectionString(database ?? Home));
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync();
    }

    private static async Task<(string Home, string Second)> TwoDatabasesAsync(PostgresFixture fixture) => (
        new NpgsqlConnectionStringBuilder(await fixture.NewDatabaseAsync()).Database!,
        new NpgsqlConnectionStringBuilder(await fixture.NewDatabaseAsync()).Database!);

    public async ValueTask DisposeAsync()
    {
        await Connections.DisposeAsync();
        File.Delete(_passwordFile);
    }
}
