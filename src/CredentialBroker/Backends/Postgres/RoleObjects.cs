using CredentialBroker.Protocol;
using Npgsql;
using NpgsqlTypes;

namespace CredentialBroker.Backends.Postgres;

/// <summary>
/// Hands what the lease created to the target's object owner and drops what else refers to the role, in each database
/// that has something. Most leases leave nothing, so the one shared catalogue is asked first.
/// </summary>
internal sealed class RoleObjects(PostgresConnections connections, string target)
{
    /// <param name="databases">Where something refers to the role.</param>
    public async ValueTask HandOverAsync(NpgsqlConnection home, uint oid, string role, IReadOnlySet<string> databases, CancellationToken cancel)
    {
        var options = connections.Of(target);
        foreach (var database in options.AllDatabases.Where(databases.Contains))
        {
            if (database == home.Database)
            {
                await HandOverAsync(home, role, options.ObjectOwner, cancel);
                continue;
            }

            await using var there = await connections.OpenEndingAsync(target, database, cancel);
            await HandOverAsync(there, role, options.ObjectOwner, cancel);
        }

        if (databases.Except(options.AllDatabases).FirstOrDefault() is { } other) throw RolePrepared.NotConfigured(other, "objects or privileges");
        // DROP OWNED passes over, without an error, what a role that the broker is no member of granted to the lease by hand.
        await using var again = new NpgsqlBatch(home) { BatchCommands = { Finding(oid) } };
        await using var rows = await again.ExecuteReaderAsync(cancel);
        if ((await ReadAsync(rows, cancel)).FirstOrDefault() is { } left)
        {
            throw new BackendException(
                PostgresBackend.Word, ReasonCodes.EndFailed,
                $"somebody whose role the broker is no member of granted privileges to the lease's role in database {RolePrepared.Shown(left)}; "
                + "they have to be revoked there; login is off and sessions are cut",
                transient: true);
        }
    }

    /// <summary>Asks for the databases in which something refers to the role. What it answers is for <see cref="ReadAsync"/>.</summary>
    public static NpgsqlBatchCommand Finding(uint oid)
    {
        // What belongs to no database (privileges on a database itself, say) is dropped from any of them.
        const string sql = """
            SELECT DISTINCT coalesce(d.datname, current_database())::text
            FROM pg_shdepend s LEFT JOIN pg_database d ON d.oid = s.dbid
            WHERE s.refclassid = 'pg_authid'::regclass AND s.refobjid = $1
            """;
        return new NpgsqlBatchCommand(sql) { Parameters = { new() { Value = oid, NpgsqlDbType = NpgsqlDbType.Oid } } };
    }

    public static async ValueTask<HashSet<string>> ReadAsync(NpgsqlDataReader rows, CancellationToken cancel)
    {
        var found = new HashSet<string>();
        while (await rows.ReadAsync(cancel)) found.Add(rows.GetString(0));
        return found;
    }

    private static async ValueTask HandOverAsync(NpgsqlConnection there, string role, string owner, CancellationToken cancel)
    {
        var id = PostgresNames.Identifier(role);
        try
        {
            // One transaction: dropping what was not handed over would destroy a workload's data.
            await using var both = new NpgsqlBatch(there)
            {
                BatchCommands = { new($"REASSIGN OWNED BY {id} TO {PostgresNames.Identifier(owner)}"), new($"DROP OWNED BY {id}") },
            };
            await both.ExecuteNonQueryAsync(cancel);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            throw new BackendException(
                PostgresBackend.Word, ReasonCodes.EndFailed,
                $"the object owner may not take over what the lease created in database {RolePrepared.Shown(there.Database)} "
                + "(it needs CREATE on the schemas concerned); login is off and sessions are cut",
                transient: true, e);
        }
    }
}
