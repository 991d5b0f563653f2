using System.Data.Common;
using Npgsql;

namespace CredentialBroker.Storage;

internal sealed class PostgresDialect : Dialect
{
    public override string Name => "postgres";

    // Whatever the database's default is: what is read after a lock must be what the lock's last holder left.
    public override string Begin => "BEGIN ISOLATION LEVEL READ COMMITTED";

    public override string ReadClock => "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint";

    public override string ForUpdate(string alias) => $"FOR UPDATE OF {alias}";

    public override string ForUpdateSkipLocked(string alias) => $"FOR UPDATE OF {alias} SKIP LOCKED";

    public override Statement? Lock(IReadOnlyList<long> sortedKeys) => sortedKeys.Count == 0
        ? null
        : new Statement("SELECT pg_advisory_xact_lock(k) FROM unnest(@keys) WITH ORDINALITY AS u(k, n) ORDER BY n")
        {
            Values = [("keys", sortedKeys.ToArray())],
        };

    public override Statement? LockShared(long key) => new("SELECT pg_advisory_xact_lock_shared(@key)") { Values = [("key", key)] };

    public override Fault Classify(Exception error) => error switch
    {
        PostgresException { SqlState: PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure } => Fault.Retry,
        PostgresException { SqlState: ['2', '2' or '3', ..] } => Fault.Data,
        PostgresException { SqlState: PostgresErrorCodes.ProgramLimitExceeded or "54001" } => Fault.Data,
        // A statement that is wrong for its values: its neighbours are not to blame.
        PostgresException { SqlState: ['4', '2', ..] and not PostgresErrorCodes.InsufficientPrivilege } => Fault.Data,
        DbException or IOException or TimeoutException or OperationCanceledException => Fault.Unavailable,
        // What is not the store's fault is the unit's: a value that cannot be encoded, a guard that threw.
        _ => Fault.Data,
    };

    public override bool Answered(Exception error) =>
        error is PostgresException { SqlState: not (PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown) };
}
