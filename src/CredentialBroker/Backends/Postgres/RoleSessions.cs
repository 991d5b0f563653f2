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

    private const string OfOperation = """
        SELECT pid, coalesce(backend_start, 'epoch'), pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE usesysid = current_user::regrole AND state = 'active' AND pid <> pg_backend_pid() AND starts_with(query, $1)
        """;

    /// <summary>Tells the role's sessions to end. What it answers is for <see cref="ReadAsync"/>.</summary>
    public static NpgsqlBatchCommand Telling(uint role) => Of(role, OfRole);

    /// <summary>The same where the role is closed by now, and else nobody: others would come.</summary>
    public static NpgsqlBatchCommand TellingOnceClosed(uint role) => Of(role, $"{OfRole} AND (SELECT rolcanlogin FROM pg_roles WHERE oid = $1) IS NOT TRUE");

    /// <summary>Fails where there is a session, so that what comes after it in its batch is not done.</summary>
    public static NpgsqlBatchCommand Forbidding(uint role) => Of(role, "SELECT 1 / (count(*) = 0)::int FROM pg_stat_activity WHERE usesysid = $1 AND backend_type = 'client backend'");

    public static bool WereForbidden(PostgresException e) => e.SqlState == PostgresErrorCodes.DivisionByZero;

    /// <summary>
    /// Cuts a mint or renewal of this role that is still running at the target, whoever began it: it may be past its last
    /// check, waiting to be committed, and the role would appear after ending had found nothing.
    /// </summary>
    public static NpgsqlBatchCommand TellingOperations(string role) => new(OfOperation) { Parameters = { new() { Value = MintStatement.MarkOf(role) } } };

    /// <returns>How many were told to end.</returns>
    public async ValueTask<int> ReadAsync(NpgsqlDataReader rows, bool ofRole, CancellationToken cancel)
    {
        var found = 0;
        for (; await rows.ReadAsync(cancel); found++)
        {
            if (ofRole) _cut.Add((rows.GetInt32(0), rows.GetDateTime(1)));
        }

        return found;
    }

    /// <summary>Tells the role's sessions to end, and does not wait: as long as it may log in, others would come.</summary>
    public ValueTask<int> SignalAsync(NpgsqlConnection home, uint role, CancellationToken cancel) => OnceAsync(home, Telling(role), ofRole: true, cancel);

    /// <summary>Cuts the role's sessions and waits for their end.</summary>
    public ValueTask CutAsync(NpgsqlConnection home, uint role, CancellationToken cancel) => UntilNoneAsync(() => OnceAsync(home, Telling(role), ofRole: true, cancel), cancel);

    public ValueTask CutOperationsAsync(NpgsqlConnection home, string role, CancellationToken cancel) =>
        UntilNoneAsync(() => OnceAsync(home, TellingOperations(role), ofRole: false, cancel), cancel);

    private static NpgsqlBatchCommand Of(uint role, string sql) => new(sql) { Parameters = { new() { Value = role, NpgsqlDbType = NpgsqlDbType.Oid } } };

    private async ValueTask UntilNoneAsync(Func<ValueTask<int>> once, CancellationToken cancel)
    {
        var began = clock.GetTimestamp();
        while (await once() is var left and > 0)
        {
            if (clock.GetElapsedTime(began) > Patience)
                throw new BackendException(PostgresBackend.Word, ReasonCodes.EndFailed, $"{left} sessions were told to end and have not", transient: true);
            await Task.Delay(Pause, clock, cancel);
        }
    }

    private async ValueTask<int> OnceAsync(NpgsqlConnection home, NpgsqlBatchCommand telling, bool ofRole, CancellationToken cancel)
    {
        await using var batch = new NpgsqlBatch(home) { BatchCommands = { telling } };
        await using var rows = await batch.ExecuteReaderAsync(cancel);
        return await ReadAsync(rows, ofRole, cancel);
    }
}
