using CredentialBroker.Protocol;
using Npgsql;
using NpgsqlTypes;

namespace CredentialBroker.Backends.Postgres;

/// <summary>
/// Rolls back prepared transactions that the lease left: they outlive its sessions, hold their locks, and could be
/// committed by another member of their owner's role. A non-superuser may do that as the owner, in the same database.
/// </summary>
internal sealed class RolePrepared(PostgresConnections connections, string target)
{
    public async ValueTask RollBackAsync(NpgsqlConnection home, uint role, CancellationToken cancel)
    {
        await using var batch = new NpgsqlBatch(home) { BatchCommands = { Finding(role) } };
        List<LeftTransaction> left;
        await using (var rows = await batch.ExecuteReaderAsync(cancel)) left = await ReadAsync(rows, cancel);
        await RollBackAsync(home, left, cancel);
    }

    public async ValueTask RollBackAsync(NpgsqlConnection home, IReadOnlyList<LeftTransaction> left, CancellationToken cancel)
    {
        foreach (var (gid, owner, database) in left)
        {
            if (!connections.Of(target).AllDatabases.Contains(database, StringComparer.Ordinal)) throw NotConfigured(database, "a prepared transaction");
            if (database == home.Database)
            {
                await RollBackAsync(home, gid, owner, database, cancel);
                continue;
            }

            await using var there = await connections.OpenEndingAsync(target, database, cancel);
            await RollBackAsync(there, gid, owner, database, cancel);
        }
    }

    public static BackendException NotConfigured(string database, string what) => new(
        PostgresBackend.Word,
        ReasonCodes.EndFailed,
        $"the lease's role left {what} in database {Shown(database)}, which is not among the target's Databases; login is off and sessions are cut",
        transient: false);

    /// <summary>A database's name is the operator's own word, but whoever may create databases chooses it.</summary>
    public static string Shown(string database) => Holes.IsSafe(database) ? database : "(a name that is not shown)";

    /// <summary>Asks for what the role left. What it answers is for <see cref="ReadAsync"/>.</summary>
    public static NpgsqlBatchCommand Finding(uint role)
    {
        // The role's own, and those prepared after SET ROLE to a group that hold a lock on the role or changed a password:
        // PostgreSQL calls the group their owner, but the role cannot be closed or dropped before they are gone.
        const string sql = """
            SELECT p.gid, p.owner::text, p.database::text FROM pg_prepared_xacts p
            WHERE EXISTS (SELECT 1 FROM pg_prepared_xacts)
              AND (p.owner = (SELECT rolname FROM pg_roles WHERE oid = $1)
               OR p.transaction IN (
                 SELECT t.transactionid FROM pg_locks r
                 JOIN pg_locks t ON t.virtualtransaction = r.virtualtransaction AND t.pid IS NULL AND t.locktype = 'transactionid'
                 WHERE r.pid IS NULL
                   AND (r.locktype = 'object' AND r.classid = 'pg_authid'::regclass AND r.objid = $1
                        OR r.locktype = 'relation' AND r.relation = 'pg_authid'::regclass AND r.mode = 'RowExclusiveLock'
                           AND pg_has_role($1, p.owner, 'MEMBER'))))
            """;
        return new NpgsqlBatchCommand(sql) { Parameters = { new() { Value = role, NpgsqlDbType = NpgsqlDbType.Oid } } };
    }

    public static async ValueTask<List<LeftTransaction>> ReadAsync(NpgsqlDataReader rows, CancellationToken cancel)
    {
        var found = new List<LeftTransaction>();
        while (await rows.ReadAsync(cancel)) found.Add(new LeftTransaction(rows.GetString(0), rows.GetString(1), rows.GetString(2)));
        return found;
    }

    private static async ValueTask RollBackAsync(NpgsqlConnection there, string gid, string owner, string database, CancellationToken cancel)
    {
        try
        {
            await there.RunAsync($"SET ROLE {PostgresNames.Identifier(owner)}", cancel);
            // The workload chose this name; it goes in as a literal and nothing else.
            await there.RunAsync($"ROLLBACK PREPARED {PostgresNames.Literal(gid)}", cancel);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UndefinedObject)
        {
            // Somebody finished it meanwhile; a race on the owner itself is seen when the role is looked at again.
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            throw new BackendException(
                PostgresBackend.Word, ReasonCodes.EndFailed,
                $"a prepared transaction in database {Shown(database)} can be rolled back neither as its owner nor as the broker", transient: true, e);
        }

        await there.RunAsync("RESET ROLE", cancel);
    }
}

/// <summary>A transaction that was prepared and is neither committed nor rolled back.</summary>
internal sealed record LeftTransaction(string Gid, string Owner, string Database);
