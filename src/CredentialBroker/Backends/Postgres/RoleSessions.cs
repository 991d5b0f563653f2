using CredentialBroker.Protocol;
using CredentialBroker.Storage;
using Npgsql;
using NpgsqlTypes;

namespace CredentialBroker.Backends.Postgres;

/// <summary>Cuts sessions and waits until they are gone: a signal sent is not a session ended.</summary>
internal sealed class RoleSessions(BrokerClock clock)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);
    private readonly HashSet<(int Pid, DateTime Started)> _cut = [];

    /// <summary>Distinct sessions of the credential that were cut.</summary>
    public int Cut => _cut.Count;

    // Sessions are known by the role they logged in as, which SET ROLE does not change. Parallel workers end with theirs.
    // The view reads shared memory without a lock: of a session that is just going, its start may be gone already.
    private const string OfRole = """
        SELECT pid, coalesce(backend_start, 'epoch'), pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE usesysid = $1 AND backend_type = 'client backend'
        """;

    /// <summary>Cuts the role's sessions and waits for their end.</summary>
    public ValueTask CutAsync(NpgsqlConnection home, uint role, CancellationToken cancel) => UntilNoneAsync(home, OfRole, Oid(role), _cut.Add, cancel);

    /// <summary>Tells the role's sessions to end, and does not wait: as long as it may log in, others would come.</summary>
    public async ValueTask SignalAsync(NpgsqlConnection home, uint role, CancellationToken cancel) => await OnceAsync(home, OfRole, Oid(role), _cut.Add, cancel);

    /// <summary>
    /// Cuts a mint or renewal of this role that is still running at the target, whoever began it: it may be past its last
    /// check, waiting to be committed, and the role would appear after ending had found nothing.
    /// </summary>
    public async ValueTask CutOwnOperationsAsync(NpgsqlConnection home, string role, CancellationToken cancel)
    {
        const string sql = """
            SELECT pid, coalesce(backend_start, 'epoch'), pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE usename = current_user AND state = 'active' AND pid <> pg_backend_pid() AND starts_with(query, $1)
            """;
        await UntilNoneAsync(home, sql, new() { Value = MintStatement.MarkOf(role) }, _ => true, cancel);
    }

    private async ValueTask UntilNoneAsync(
        NpgsqlConnection home, string sql, NpgsqlParameter of, Func<(int Pid, DateTime Started), bool> note, CancellationToken cancel)
    {
        var began = clock.GetTimestamp();
        while (await OnceAsync(home, sql, of, note, cancel) is var left and > 0)
        {
            if (clock.GetElapsedTime(began) > Patience)
                throw new BackendException(PostgresBackend.Word, ReasonCodes.EndFailed, $"{left} sessions were told to end and have not", transient: true);
            await Task.Delay(Pause, clock, cancel);
        }
    }

    private static async ValueTask<int> OnceAsync(
        NpgsqlConnection home, string sql, NpgsqlParameter of, Func<(int Pid, DateTime Started), bool> note, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(sql, home) { Parameters = { of.Clone() } };
        await using var rows = await command.ExecuteReaderAsync(cancel);
        var found = 0;
        for (; await rows.ReadAsync(cancel); found++) note((rows.GetInt32(0), rows.GetDateTime(1)));
        return found;
    }

    private static NpgsqlParameter Oid(uint role) => new() { Value = role, NpgsqlDbType = NpgsqlDbType.Oid };
}
