using CredentialBroker.Protocol;
using CredentialBroker.Storage;
using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Exceptions;

/// <summary>
/// Every way a record changes, each with its guard: <c>requested → approved → ended</c>, or <c>refused</c>. What one
/// person asked for and another approved is never edited: longer or wider is a new request.
/// </summary>
internal static class ExceptionMoves
{
    /// <summary>A request that nobody approved for this long is not approved any more, in milliseconds.</summary>
    public const long Patience = 24 * 3_600_000;

    public static Work[] Approve(ExceptionRecord record, string by, long now, long startsAt) =>
    [
        Guard(record.Id, "state = 1 AND requested_at > @since", new Refusal(ReasonCodes.ExceptionOver, "it is approved, refused or ended already, or waited longer than 24h"),
            ("since", now - Patience)),
        new PlainWrite(
            "UPDATE exceptions SET state = 2, approved_by = @actor, approved_at = @now, starts_at = @starts, ends_at = @ends WHERE id = @id AND state = 1",
            ("id", record.Id), ("actor", by), ("now", now), ("starts", startsAt), ("ends", startsAt + record.Length)),
    ];

    /// <summary>A request is refused, an approved record ended, by a person.</summary>
    public static Work[] End(ExceptionRecord record, string by, long now) =>
    [
        Guard(record.Id, "state = @state", new Refusal(ReasonCodes.ExceptionOver, "it changed meanwhile"), ("state", (long)record.State)),
        new PlainWrite("UPDATE exceptions SET state = @next, ended_by = @actor, ended_at = @now WHERE id = @id",
            ("id", record.Id), ("next", (long)(record.State == RecordState.Requested ? RecordState.Refused : RecordState.Ended)), ("actor", by), ("now", now)),
    ];

    /// <summary>The window is over; nobody ended it.</summary>
    public static Work[] Over(ExceptionRecord record, long now) =>
    [
        Guard(record.Id, "state = 2 AND ends_at <= @now", new Refusal(ReasonCodes.ExceptionOver, "another replica saw it"), ("now", now)),
        new PlainWrite("UPDATE exceptions SET state = 4, ended_at = @now WHERE id = @id AND state = 2", ("id", record.Id), ("now", now)),
    ];

    public static Work[] Review(ExceptionRecord record, string by, string review, long now) =>
    [
        Guard(record.Id, "reviewed_at IS NULL", new Refusal(ReasonCodes.ExceptionOver, "it is reviewed already")),
        new PlainWrite("UPDATE exceptions SET reviewed_by = @actor, reviewed_at = @now, review = @review WHERE id = @id AND reviewed_at IS NULL",
            ("id", record.Id), ("actor", by), ("now", now), ("review", review)),
    ];

    public static Work[] Flag(ExceptionRecord record, long now) =>
    [
        Guard(record.Id, "reviewed_at IS NULL AND flagged_at IS NULL", new Refusal(ReasonCodes.ExceptionOver, "it was reviewed or flagged meanwhile")),
        new PlainWrite("UPDATE exceptions SET flagged_at = @now WHERE id = @id AND flagged_at IS NULL", ("id", record.Id), ("now", now)),
    ];

    /// <summary>No break-glass of the template waits for a review that is overdue.</summary>
    public static Work NotLocked(string template, string templatesJson, TimeSpan within, long now) => new RowGuard($"breakglass:{template}", new Statement(
        "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM exceptions WHERE kind = 3 AND templates = @templates AND reviewed_at IS NULL AND requested_at <= @late)")
    {
        Values = [("templates", templatesJson), ("late", now - (long)within.TotalMilliseconds)],
    }, new Refusal(ReasonCodes.BreakGlassLocked, "an earlier break-glass of this template was not reviewed in time; review it first"));

    private static RowGuard Guard(string id, string holds, Refusal otherwise, params (string Name, object? Value)[] values) =>
        new($"exception:{id}", new Statement($"SELECT 1 FROM exceptions WHERE id = @id AND {holds}") { Values = [("id", id), .. values] }, otherwise);
}
