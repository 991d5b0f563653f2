using System.Security.Cryptography;
using System.Text.Json.Nodes;
using CredentialBroker.Protocol;
using Npgsql;

namespace CredentialBroker.Demo;

/// <summary>
/// Prepares the given server as an operator would: a group role, an owner, and a login for the broker that is no
/// superuser. All of it is taken away again.
/// </summary>
internal sealed class DemoDatabase : IAsyncDisposable
{
    private readonly NpgsqlDataSource _admin;
    private readonly NpgsqlConnectionStringBuilder _text;
    private readonly string _suffix = Ids.New(TimeProvider.System)[^6..];
    private readonly string _password = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(24));

    private DemoDatabase(string connection)
    {
        _text = new NpgsqlConnectionStringBuilder(connection);
        _admin = NpgsqlDataSource.Create(connection);
    }

    public string Reader => $"orders_reader_{_suffix}";

    private string Owner => $"orders_owner_{_suffix}";

    private string Login => $"credbroker_{_suffix}";

    public static async Task<DemoDatabase> PrepareAsync(string connection)
    {
        var database = new DemoDatabase(connection);
        await database.RunAsync($"""
            CREATE ROLE {database.Reader} NOLOGIN;
            CREATE ROLE {database.Owner} NOLOGIN;
            CREATE ROLE {database.Login} LOGIN CREATEROLE PASSWORD '{database._password}';
            GRANT {database.Reader}, {database.Owner} TO {database.Login} WITH ADMIN OPTION
            """);
        return database;
    }

    /// <summary>The target's configuration.</summary>
    public JsonObject Target(string folder)
    {
        var file = Path.Combine(folder, "orders-password");
        File.WriteAllText(file, _password);
        return new JsonObject
        {
            ["Host"] = _text.Host, ["Port"] = _text.Port, ["Database"] = _text.Database, ["Username"] = Login, ["PasswordFile"] = file,
            ["SslMode"] = "prefer", ["AllowedGroups"] = new JsonArray(Reader), ["ObjectOwner"] = Owner,
        };
    }

    public async Task<bool> HasRoleAsync(string role)
    {
        await using var command = _admin.CreateCommand("SELECT count(*) FROM pg_roles WHERE rolname = $1");
        command.Parameters.Add(new NpgsqlParameter { Value = role });
        return (long)(await command.ExecuteScalarAsync())! == 1;
    }

    public async ValueTask DisposeAsync()
    {
        await RunAsync($"DROP ROLE IF EXISTS {Login}; DROP ROLE IF EXISTS {Reader}; DROP ROLE IF EXISTS {Owner}");
        await _admin.DisposeAsync();
    }

    private async Task RunAsync(string sql)
    {
        await using var command = _admin.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }
}
