using System.Data.Common;
using CredentialBroker.Protocol.Incidents;
using CredentialBroker.Storage;

namespace CredentialBroker.Incidents;

/// <summary>Bulk revocations and how far each has come.</summary>
internal sealed class IncidentStore(Store store)
{
    private const string Columns = "id, selector, reason, asked_by, asked_at, state, previewed, confirmed_by, freeze_id, cursor, taken, cancelled_by, finished_at, confirmed_at, cancelled_at";
    private const int MostShown = 200;
    private const int MostFailures = 100;

    public async Task<Incident?> FindAsync(string id, CancellationToken cancel) => (await ListAsync("id = @id", [("id", id)], cancel)).SingleOrDefault();

    /// <summary>The one that an operator asked for under an idempotency key, with the hash of what was asked.</summary>
    public async Task<(Incident Incident, string BodyHash)?> FindRequestAsync(string by, string key, CancellationToken cancel)
    {
        var hash = await store.ListAsync(Pool.Control, new Statement("SELECT id, body_hash FROM incidents WHERE asked_by = @by AND request_key = @key") { Values = [("by", by), ("key", key)] },
            row => (Id: row.GetString(0), Hash: row.GetString(1)), cancel);
        return hash.Count == 0 ? null : ((await FindAsync(hash[0].Id, cancel))!, hash[0].Hash);
    }

    public Task<List<Incident>> ListAsync(CancellationToken cancel) => ListAsync("1 = 1", [], cancel);

    /// <summary>What a replica may have something to do about, oldest first.</summary>
    public async Task<List<Incident>> ListOpenAsync(CancellationToken cancel)
    {
        var open = await ListAsync("finished_at IS NULL", [], cancel);
        open.Reverse();
        return open;
    }

    /// <summary>How many of the leases taken are not over, how many of those fail, and when the last of them is dead by itself.</summary>
    public async Task<(long Remaining, long Failing, long? DiesBy)> CountRemainingAsync(string incident, CancellationToken cancel) => (await store.ListAsync(Pool.Control, new Statement(
        "SELECT count(*), coalesce(CAST(sum(CASE WHEN l.attempts > 0 THEN 1 ELSE 0 END) AS bigint), 0), max(l.dies_by) FROM incident_leases i JOIN leases l ON l.id = i.lease_id WHERE i.incident_id = @incident AND i.over = 0")
    {
        Values = [("incident", incident)],
    }, row => (row.GetInt64(0), row.GetInt64(1), row.IsDBNull(2) ? (long?)null : row.GetInt64(2)), cancel))[0];

    /// <summary>Leases that were taken and have ended since they were last looked at.</summary>
    public Task<List<string>> ListOverAsync(string incident, int count, CancellationToken cancel) => store.ListAsync(Pool.Control, new Statement(
        "SELECT i.lease_id FROM incident_leases i WHERE i.incident_id = @incident AND i.over = 0 AND NOT EXISTS (SELECT 1 FROM leases l WHERE l.id = i.lease_id) LIMIT @count")
    {
        Values = [("incident", incident), ("count", count)],
    }, row => row.GetString(0), cancel);

    public Task<List<RevocationFailure>> ListFailuresAsync(string incident, CancellationToken cancel) => store.ListAsync(Pool.Control, new Statement(
        $"""
        SELECT l.id, l.backend, l.target, l.attempts, l.last_error, l.dies_by FROM incident_leases i JOIN leases l ON l.id = i.lease_id
        WHERE i.incident_id = @incident AND i.over = 0 AND l.attempts > 0 ORDER BY l.id LIMIT {MostFailures}
        """) { Values = [("incident", incident)] },
        row => new RevocationFailure(
            row.GetString(0), $"{row.GetString(1)}/{row.GetString(2)}", (int)row.GetInt64(3), row.IsDBNull(4) ? null : row.GetString(4), DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(5))), cancel);

    private Task<List<Incident>> ListAsync(string where, (string, object?)[] values, CancellationToken cancel) => store.ListAsync(Pool.Control,
        new Statement($"SELECT {Columns} FROM incidents WHERE {where} ORDER BY id DESC LIMIT {MostShown}") { Values = values }, Read, cancel);

    private static Incident Read(DbDataReader row) => new(
        row.GetString(0), row.GetString(1), row.GetString(2), row.GetString(3), row.GetInt64(4), row.GetString(5), row.GetInt64(6), Text(row, 7), Text(row, 8), row.GetString(9),
        row.GetInt64(10), Text(row, 11), Number(row, 12)) { ConfirmedAt = Number(row, 13), CancelledAt = Number(row, 14) };

    private static long? Number(DbDataReader row, int column) => row.IsDBNull(column) ? null : row.GetInt64(column);

    private static string? Text(DbDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);
}
