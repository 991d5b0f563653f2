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
        await sessions.CutOwnOperationsAsync(home, role, cancel);
        if (await OidAsync(home, role, cancel) is not { } oid) return false;

        var id = PostgresNames.Identifier(role);
        var prepared = new RolePrepared(connections, target);
        await CloseAsync(home, id, oid, sessions, prepared, cancel);
        await sessions.CutAsync(home, oid, cancel);
        await prepared.RollBackAsync(home, oid, cancel);
        await new RoleObjects(connections, target).HandOverAsync(home, oid, role, cancel);
        // A login that was half done when the role was closed shows up only now.
        await sessions.CutAsync(home, oid, cancel);
        await home.RunAsync($"DROP ROLE {id}", cancel);
        return true;
    }

    /// <summary>
    /// Lets nobody in any more. A workload can keep this waiting: every role may change its own password, and one that
    /// does so in a transaction it leaves open, or prepares, locks its row. Then that goes first, and it is tried again.
    /// </summary>
    private static async ValueTask CloseAsync(
        NpgsqlConnection home, string id, uint oid, RoleSessions sessions, RolePrepared prepared, CancellationToken cancel)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await home.RunAsync($"""
                    DO $cb$
                    BEGIN
                      PERFORM set_config('lock_timeout', '250ms', true);
                      ALTER ROLE {id} NOLOGIN CONNECTION LIMIT 0 VALID UNTIL '1970-01-01 00:00:00+00';
                    END $cb$
                    """, cancel);
                return;
            }
            catch (PostgresException e) when (attempt < ClosingTries && e.SqlState is (PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.InternalError))
            {
                await prepared.RollBackAsync(home, oid, cancel);
                await sessions.SignalAsync(home, oid, cancel);
            }
        }
    }

    private static async ValueTask<uint?> OidAsync(NpgsqlConnection home, string role, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand("SELECT oid FROM pg_roles WHERE rolname = $1", home) { Parameters = { new() { Value = role } } };
        return (uint?)await command.ExecuteScalarAsync(cancel);
    }
}

internal static class PostgresCommands
{
    public static async ValueTask RunAsync(this NpgsqlConnection connection, string sql, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancel);
    }
}
