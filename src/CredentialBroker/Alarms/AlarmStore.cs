using CredentialBroker.Leases;
using CredentialBroker.Protocol.Alarms;
using CredentialBroker.Storage;
using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Alarms;

/// <summary>What was heard, each once, and what was done about it.</summary>
internal sealed class AlarmStore(Store store)
{
    /// <summary>Not a refusal to the source: it is told that it was heard, which it was.</summary>
    public const string Heard = "alarm_heard";

    private const int MostShown = 500;

    /// <summary>Newest first.</summary>
    public Task<List<AlarmView>> ListAsync(CancellationToken cancel) => store.ListAsync(Pool.Control, new Statement(
        $"SELECT id, source, type, about, detail, happened_at, received_at, leases, acts FROM alarms ORDER BY id DESC LIMIT {MostShown}"),
        row => new AlarmView(row.GetString(0), row.GetString(1), row.GetString(2), At(row.GetInt64(6)), row.GetInt64(7), JsonLists.Read(row.GetString(8)))
        {
            Selector = row.IsDBNull(3) ? null : row.GetString(3), Detail = row.IsDBNull(4) ? null : row.GetString(4), HappenedAt = row.IsDBNull(5) ? null : At(row.GetInt64(5)),
        }, cancel);

    /// <summary>Under one name a source is heard once, on every replica.</summary>
    public static Work Once(string source, string eventId) => new RowGuard(
        $"alarm:{source}:{eventId}",
        new Statement("SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM alarms WHERE source = @source AND event_id = @event)") { Values = [("source", source), ("event", eventId)] },
        new Refusal(Heard, "this was heard before"));

    public static Work Keep(string id, string source, Alarm alarm, long now, long leases, IReadOnlyList<string> acts) => new PlainWrite(
        """
        INSERT INTO alarms (id, source, event_id, type, about, detail, happened_at, received_at, leases, acts)
        VALUES (@id, @source, @event, @type, @about, @detail, @happened, @now, @leases, @acts)
        """,
        ("id", id), ("source", source), ("event", alarm.EventId), ("type", alarm.Type), ("about", alarm.About?.ToString()), ("detail", alarm.Detail), ("happened", alarm.At), ("now", now), ("leases", leases),
        ("acts", JsonLists.Write(acts)));

    private static DateTimeOffset At(long ms) => DateTimeOffset.FromUnixTimeMilliseconds(ms);
}
