using CredentialBroker.Protocol;
using CredentialBroker.Storage;
using Npgsql;

namespace CredentialBroker.Backends.Postgres;

/// <summary>
/// Ends a lease's role. The order matters: nobody new may come in before those inside are cut, and only then can what
/// they left be handed over and the role dropped. Every step may already have been done, by an earlier try or by others.
/// </summary>
internal sealed class RoleEnding(PostgresConnections connections, BrokerClock clock)
{
    private const int Tries = 5;
    private const int ClosingTries = 20;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(25);

    public async ValueTask<EndReport> EndAsync(string target, string role, CancellationToken cancel)
    {
        var wasThere = false;
        var sessions = new RoleSessions(clock);
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                wasThere |= await TryEndAsync(target, role, sessions, cancel);
                return new EndReport(wasThere, sessions.Cut);
            }
            catch (Exception e) when (attempt < Tries && IsRace(e))
            {
                // Another replica, or a person, works on the same role; what is left is looked at afresh.
                wasThere = true;
                await Task.Delay(Pause * attempt, clock, cancel);
            }
        }
    }

    /// <summary>
    /// Besides what the server calls a race: its activity views are read without locks, so that a session that is just going
    /// may show up in part, and the driver meets a null or a connection that is gone. Another try looks afresh.
    /// </summary>
    private static bool IsRace(Exception error) =>
        error is InvalidCastException or InvalidOperationException || (error is PostgresException told && PostgresErrors.IsRace(told));

    private async ValueTask<bool> TryEndAsync(string target, string role, RoleSessions sessions, CancellationToken cancel)
    {
        var options = connections.Of(target);
        await using var home = await connections.OpenEndingAsync(target, options.Database, cancel);
        if (await FindAsync(home, role, sessions, cancel) is not { } oid) return false;

        var id = PostgresNames.Identifier(role);
        var prepared = new RolePrepared(connections, target);
        var left = await CloseAsync(home, id, oid, sessions, prepared, cancel);
        if (left.Sessions > 0)
        {
            await sessions.CutAsync(home, oid, cancel);
            left = await LeftAsync(home, oid, sessions, closing: null, cancel);
        }

        if (left.Transactions.Count > 0)
        {
            await prepared.RollBackAsync(home, left.Transactions, cancel);
            left = await LeftAsync(home, oid, sessions, closing: null, cancel);
        }

        if (left.Databases.Count > 0) await new RoleObjects(connections, target).HandOverAsync(home, oid, role, left.Databases, cancel);
        await DropAsync(home, id, oid, sessions, cancel);
        return true;
    }

    /// <summary>The role's number, once no operation on it is under way any more; null when there is no such role.</summary>
    private static async ValueTask<uint?> FindAsync(NpgsqlConnection home, string role, RoleSessions sessions, CancellationToken cancel)
    {
        while (true)
        {
            await using (var batch = new NpgsqlBatch(home) { BatchCommands = { RoleSessions.TellingOperations(role), new("SELECT oid FROM pg_roles WHERE rolname = $1") { Parameters = { new() { Value = role } } } } })
            await using (var rows = await batch.ExecuteReaderAsync(cancel))
            {
                if (await sessions.ReadAsync(rows, ofRole: false, cancel) == 0)
                {
                    await rows.NextResultAsync(cancel);
                    return await rows.ReadAsync(cancel) ? rows.GetFieldValue<uint>(0) : null;
                }
            }

            await sessions.CutOperationsAsync(home, role, cancel);
        }
    }

    /// <summary>
    /// Lets nobody in any more, and asks in the same breath who and what is still there. A workload can keep this waiting:
    /// every role may change its own password, and one that does so in a transaction it leaves open, or prepares, locks its
    /// row. Then that goes first, and it is tried again.
    /// </summary>
    private static async ValueTask<RoleLeft> CloseAsync(
        NpgsqlConnection home, string id, uint oid, RoleSessions sessions, RolePrepared prepared, CancellationToken cancel)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                // Committed before the rest is asked: who came in until then is seen, and nobody comes after.
                return await LeftAsync(home, oid, sessions, new NpgsqlBatchCommand($"""
                    DO $cb$
                    BEGIN
                      PERFORM set_config('lock_timeout', '250ms', true);
                      ALTER ROLE {id} NOLOGIN CONNECTION LIMIT 0 VALID UNTIL '1970-01-01 00:00:00+00';
                    END $cb$
                    """) { AppendErrorBarrier = true }, cancel);
            }
            catch (PostgresException e) when (attempt < ClosingTries && e.SqlState is (PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.InternalError))
            {
                await prepared.RollBackAsync(home, oid, cancel);
                await sessions.SignalAsync(home, oid, cancel);
            }
        }
    }

    /// <summary>Tells the closed role's sessions to end, and asks what else there is of it, in one round trip.</summary>
    private static async ValueTask<RoleLeft> LeftAsync(NpgsqlConnection home, uint oid, RoleSessions sessions, NpgsqlBatchCommand? closing, CancellationToken cancel)
    {
        await using var batch = new NpgsqlBatch(home);
        if (closing is not null) batch.BatchCommands.Add(closing);
        foreach (var asking in (NpgsqlBatchCommand[])[RoleSessions.TellingOnceClosed(oid), RolePrepared.Finding(oid), RoleObjects.Finding(oid)]) batch.BatchCommands.Add(asking);
        await using var rows = await batch.ExecuteReaderAsync(cancel);
        var told = await sessions.ReadAsync(rows, ofRole: true, cancel);
        await rows.NextResultAsync(cancel);
        var transactions = await RolePrepared.ReadAsync(rows, cancel);
        await rows.NextResultAsync(cancel);
        return new RoleLeft(told, transactions, await RoleObjects.ReadAsync(rows, cancel));
    }

    /// <summary>A login that was half done when the role was closed shows up only now; then it goes first.</summary>
    private static async ValueTask DropAsync(NpgsqlConnection home, string id, uint oid, RoleSessions sessions, CancellationToken cancel)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await using var batch = new NpgsqlBatch(home) { BatchCommands = { RoleSessions.Forbidding(oid), new($"DROP ROLE {id}") } };
                await batch.ExecuteNonQueryAsync(cancel);
                return;
            }
            catch (PostgresException e) when (attempt < ClosingTries && RoleSessions.WereForbidden(e))
            {
                await sessions.CutAsync(home, oid, cancel);
            }
        }
    }

    /// <param name="Sessions">Told to end, and perhaps not gone yet.</param>
    /// <param name="Databases">Where something refers to the role.</param>
    private sealed record RoleLeft(int Sessions, IReadOnlyList<LeftTransaction> Transactions, IReadOnlySet<string> Databases);
}

internal static class PostgresCommands
{
    public static async ValueTask RunAsync(this NpgsqlConnection connection, string sql, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancel);
    }
}
