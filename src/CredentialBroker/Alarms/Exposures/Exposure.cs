using System.Data.Common;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Alarms;
using CredentialBroker.Storage;
using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Alarms;

/// <summary>One report of a credential that was found where it must not be. Times are UTC milliseconds.</summary>
/// <param name="How"><c>lease</c>, <c>secret</c> or <c>selector</c>.</param>
/// <param name="About">Selector of the leases that it is about; null when no lease is known to be of it.</param>
/// <param name="Known">Whether any lease, over or not, is of it.</param>
/// <param name="Leases">How many were not over.</param>
/// <param name="DeadAt">When the last of them was; null while one is not.</param>
internal sealed record Exposure(
    string Id, string How, string? About, string? FoundIn, string Reason, string ReportedBy, long ReportedAt, bool Known, long Leases, string? IncidentId, long? DeadAt);

/// <summary>Reports, and how long it took until what they are about was dead.</summary>
internal sealed class ExposureStore(Store store)
{
    private const string Columns = "e.id, e.how, e.about, e.found_in, e.reason, e.reported_by, e.reported_at, e.known, e.leases, e.incident_id, e.dead_at";
    private const int MostShown = 200;

    public async Task<Exposure?> FindAsync(string id, CancellationToken cancel) => (await ListAsync("e.id = @id", [("id", id)], cancel)).SingleOrDefault();

    /// <summary>Newest first.</summary>
    public Task<List<Exposure>> ListAsync(CancellationToken cancel) => ListAsync("1 = 1", [], cancel);

    /// <summary>Reports whose revocation is over and whose end was not noted, with when that was.</summary>
    public Task<List<(Exposure Exposure, long DeadAt)>> ListDeadAsync(CancellationToken cancel) => store.ListAsync(Pool.Control, new Statement(
        $"SELECT {Columns}, i.finished_at FROM exposures e JOIN incidents i ON i.id = e.incident_id WHERE e.dead_at IS NULL AND i.finished_at IS NOT NULL AND i.state = 'finished' LIMIT {MostShown}"),
        row => (Read(row), row.GetInt64(11)), cancel);

    /// <summary>Reports of leases that are not dead after so long, and that nobody was told of.</summary>
    public Task<List<Exposure>> ListOverdueAsync(long late, CancellationToken cancel) =>
        ListAsync("e.dead_at IS NULL AND e.known = 1 AND e.flagged_at IS NULL AND e.reported_at <= @late", [("late", late)], cancel);

    public static Work Keep(Exposure exposure) => new PlainWrite(
        """
        INSERT INTO exposures (id, how, about, found_in, reason, reported_by, reported_at, known, leases, incident_id, dead_at)
        VALUES (@id, @how, @about, @found, @reason, @actor, @at, @known, @leases, @incident, @dead)
        """,
        ("id", exposure.Id), ("how", exposure.How), ("about", exposure.About), ("found", exposure.FoundIn), ("reason", exposure.Reason), ("actor", exposure.ReportedBy), ("at", exposure.ReportedAt),
        ("known", exposure.Known ? 1L : 0L), ("leases", exposure.Leases), ("incident", exposure.IncidentId), ("dead", exposure.DeadAt));

    public static IEnumerable<Work> Dead(Exposure exposure, long at) => Once(exposure, "dead_at", at);

    public static IEnumerable<Work> Flag(Exposure exposure, long at) => Once(exposure, "flagged_at", at);

    public static ExposureView View(Exposure exposure) => new(exposure.Id, exposure.How, exposure.Known, exposure.Leases, exposure.Reason, exposure.ReportedBy, At(exposure.ReportedAt))
    {
        Selector = exposure.About, FoundIn = exposure.FoundIn, Revocation = exposure.IncidentId, DeadAt = exposure.DeadAt is { } dead ? At(dead) : null,
        DeadAfterMs = exposure.DeadAt is { } after ? Math.Max(0, after - exposure.ReportedAt) : null,
    };

    private static IEnumerable<Work> Once(Exposure exposure, string column, long at) =>
    [
        new RowGuard($"exposure:{exposure.Id}", new Statement($"SELECT 1 FROM exposures WHERE id = @id AND {column} IS NULL") { Values = [("id", exposure.Id)] }, new Refusal(ReasonCodes.RevocationOver, "another replica saw it")),
        new PlainWrite($"UPDATE exposures SET {column} = @at WHERE id = @id", ("at", at), ("id", exposure.Id)),
    ];

    private Task<List<Exposure>> ListAsync(string where, (string, object?)[] values, CancellationToken cancel) => store.ListAsync(
        Pool.Control, new Statement($"SELECT {Columns} FROM exposures e WHERE {where} ORDER BY e.id DESC LIMIT {MostShown}") { Values = values }, Read, cancel);

    private static Exposure Read(DbDataReader row) => new(
        row.GetString(0), row.GetString(1), Text(row, 2), Text(row, 3), row.GetString(4), row.GetString(5), row.GetInt64(6), row.GetInt64(7) != 0, row.GetInt64(8), Text(row, 9), row.IsDBNull(10) ? null : row.GetInt64(10));

    private static DateTimeOffset At(long ms) => DateTimeOffset.FromUnixTimeMilliseconds(ms);

    private static string? Text(DbDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);
}
