using CredentialBroker.Protocol;
using Npgsql;

namespace CredentialBroker.Backends.Postgres;

/// <summary>
/// The states in which the broker's own statements refuse, and the translation of every fault into the broker's words.
/// PostgreSQL's messages quote names and values, so only the five characters of its state are passed on.
/// </summary>
internal static class PostgresErrors
{
    public const string Late = "CB001";
    public const string Over = "CB002";
    public const string Differs = "CB005";

    /// <summary>States after which ending starts over at once: somebody else works on the same role.</summary>
    public static bool IsRace(PostgresException e) => e.SqlState is
        PostgresErrorCodes.InternalError or PostgresErrorCodes.DependentObjectsStillExist or PostgresErrorCodes.DeadlockDetected
        or PostgresErrorCodes.UndefinedObject or PostgresErrorCodes.SerializationFailure;

    public static BackendException Translate(Exception e, string code, string doing) => e switch
    {
        BackendException known => known,
        { InnerException: BackendException known } => known,
        PostgresException { SqlState: Late } => New(ReasonCodes.MintFailed, "the deadline of the operation had passed at the target", false, e),
        PostgresException { SqlState: Over } => New(ReasonCodes.LeaseOver, "the lease's role cannot log in any more, or is gone", false, e),
        PostgresException { SqlState: Differs } => New(ReasonCodes.MintFailed, "the lease's role exists with other memberships", false, e),
        PostgresException own => New(code, $"{doing} failed with SQLSTATE {own.SqlState}", IsTransient(own), e),
        NpgsqlException or TimeoutException or IOException or UnauthorizedAccessException =>
            New(ReasonCodes.TargetUnavailable, $"{doing} failed: the target cannot be reached or did not answer in time", true, e),
        _ => New(code, $"{doing} failed with {e.GetType().Name}", false, e),
    };

    // Logins fail while a password is being changed, and then succeed as they are.
    private static bool IsTransient(PostgresException e) =>
        e.IsTransient || e.SqlState == PostgresErrorCodes.InternalError
        || e.SqlState[..2] is "08" or "28" or "40" or "53" or "55" or "57" or "58" or "2B";

    private static BackendException New(string code, string detail, bool transient, Exception inner) =>
        new(PostgresBackend.Word, code, detail, transient, inner);
}
