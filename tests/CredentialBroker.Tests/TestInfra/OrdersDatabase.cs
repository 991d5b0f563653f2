using System.Text.Json.Nodes;
using Npgsql;

namespace CredentialBroker.TestInfra;

/// <summary>A database that leases are honoured in, with a broker login that is no superuser.</summary>
internal sealed class OrdersDatabase : IAsyncDisposable
{
    private readonly PostgresServer _server;
    private readonly string _suffix;
    private readonly string _connection;

    private OrdersDatabase(PostgresServer server, string suffix, string connection)
    {
        _server = server;
        _suffix = suffix;
        _connection = connection;
    }

    public string Login => $"broker_{_suffix}";

    public static string Template => SceneFolder.Template("orders", "{ postgres: { target: orders, memberOf: [orders_reader], connectionLimit: 5 } }", concurrent: 5);

    public static async Task<OrdersDatabase> CreateAsync(PostgresServer server)
    {
        var connection = await server.CreateDatabaseAsync("orders");
        var database = new OrdersDatabase(server, Protocol.Ids.New(TimeProvider.System)[^8..], connection);
        await database.ExecuteAsync("""
            DO $$ BEGIN
                IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'orders_reader') THEN CREATE ROLE orders_reader NOLOGIN; CREATE ROLE orders_owner NOLOGIN; END IF;
            EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$
            """);
        await database.ExecuteAsync($"CREATE ROLE {database.Login} LOGIN CREATEROLE PASSWORD '{server.Password}'");
        await database.ExecuteAsync($"GRANT orders_reader, orders_owner TO {database.Login} WITH ADMIN OPTION");
        return database;
    }

    /// <param name="port">Port to reach the server at, such as a proxy's; null for its own.</param>
    public void AddTarget(JsonObject configuration, string folder, int? port = null)
    {
        var text = new NpgsqlConnectionStringBuilder(_connection);
        var password = Path.Combine(folder, "orders-password");
        File.WriteAllText(password, _server.Password);
        configuration["Targets"]!["Postgres"] = new JsonObject
        {
            ["orders"] = new JsonObject
            {
                ["Host"] = text.Host, ["Port"] = port ?? text.Port, ["Database"] = text.Database, ["Username"] = Login, ["PasswordFile"] = password, ["SslMode"] = "disable",
                ["AllowedGroups"] = new JsonArray("orders_reader"), ["ObjectOwner"] = "orders_owner",
            },
        };
    }

    /// <summary>Lease roles that this database's broker login made.</summary>
    public async Task<List<string>> LeaseRolesAsync()
    {
        await using var connection = new NpgsqlConnection(_connection);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(
            "SELECT r.rolname FROM pg_roles r JOIN pg_auth_members m ON m.roleid = r.oid JOIN pg_roles b ON b.oid = m.member WHERE b.rolname = $1 AND r.rolname LIKE 'cb-%'", connection)
        {
            Parameters = { new NpgsqlParameter { Value = Login } },
        };
        var found = new List<string>();
        await using var rows = await command.ExecuteReaderAsync();
        while (await rows.ReadAsync()) found.Add(rows.GetString(0));
        return found;
    }

    public async ValueTask DisposeAsync() => await ExecuteAsync($"ALTER ROLE {Login} NOLOGIN");

    private async Task ExecuteAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(_connection);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
