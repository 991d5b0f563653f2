using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Leases;

/// <summary>What is special about a few leases lies beside them, so that the many stay narrow.</summary>
internal static class LeaseMarks
{
    /// <summary>Notes, in the commit that makes or renews the lease, which exception it rests on and whether it is a legacy check-out.</summary>
    public static Work Of(string lease, string? exception, bool notEquivalent) => new PlainWrite(
        """
        INSERT INTO lease_marks (lease_id, exception_id, not_equivalent) VALUES (@lease, @exception, @legacy)
        ON CONFLICT (lease_id) DO UPDATE SET exception_id = coalesce(excluded.exception_id, lease_marks.exception_id), not_equivalent = excluded.not_equivalent
        """,
        ("lease", lease), ("exception", exception), ("legacy", notEquivalent ? 1L : 0L));

    /// <summary>When a canary's credential was first refused after its end was asked for.</summary>
    public static Work Dead(string lease, long at) => Seen("dead_at", lease, at);

    /// <summary>When a canary's credential was last honoured though its end was long asked for.</summary>
    public static Work Alive(string lease, long at) => Seen("alive_at", lease, at);

    private static PlainWrite Seen(string column, string lease, long at) => new(
        $"INSERT INTO lease_marks (lease_id, not_equivalent, {column}) VALUES (@lease, 0, @at) ON CONFLICT (lease_id) DO UPDATE SET {column} = excluded.{column}", ("lease", lease), ("at", at));

    /// <summary>Brings forward the end of every lease that rests on an exception, as its approval's end would.</summary>
    public static Work EndAllUnder(string exception, long at) => new PlainWrite(
        """
        UPDATE leases SET ends_at = @at, ends_because = @cause, due_at = @at
        WHERE id IN (SELECT m.lease_id FROM lease_marks m WHERE m.exception_id = @exception) AND state IN (1, 2) AND ends_at > @at
        """,
        ("at", at), ("cause", Causes.ExceptionEnd), ("exception", exception));
}
