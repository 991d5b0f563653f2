using System.Data.Common;
using Microsoft.Data.Sqlite;

namespace CredentialBroker.Storage;

/// <summary>SQLite has one writer, so that every locking clause is empty and every transaction begins as a writer.</summary>
internal sealed class SqliteDialect : Dialect
{
    // https://www.sqlite.org/rescode.html: 1 a wrong statement, 5 busy, 6 locked, 18 too big, 19 constraint, 20 mismatch, 25 range.
    private const int Wrong = 1, Busy = 5, Locked = 6, TooBig = 18, Constraint = 19, Mismatch = 20, OutOfRange = 25;

    public override string Name => "sqlite";

    public override string Begin => "BEGIN IMMEDIATE";

    public override string ReadClock => "SELECT CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)";

    public override string ForUpdate(string alias) => "";

    public override string ForUpdateSkipLocked(string alias) => "";

    public override Statement? Lock(IReadOnlyList<long> sortedKeys) => null;

    public override Statement? LockShared(long key) => null;

    public override Fault Classify(Exception error) => error switch
    {
        SqliteException { SqliteErrorCode: Busy or Locked } => Fault.Retry,
        SqliteException { SqliteErrorCode: Wrong or Constraint or TooBig or Mismatch or OutOfRange } => Fault.Data,
        DbException or IOException => Fault.Unavailable,
        _ => Fault.Data,
    };

    public override bool Answered(Exception error) => error is SqliteException;
}
