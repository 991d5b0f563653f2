using System.Data.Common;
using CredentialBroker.Protocol.Uses;
using CredentialBroker.Storage;
using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Uses;

/// <summary>What is known of uses, and of the leases that they are matched with.</summary>
internal sealed class UseStore(Store store)
{
    private const string Columns = "u.lease_id, u.at, u.log, u.record, u.action, u.address, u.allowed, u.after_end";
    private static readonly RowShape Keys = new("k", ("id", ColumnType.Text));

    private static readonly RowShape Shape = new("r",
        ("log", ColumnType.Text), ("record", ColumnType.Text), ("lease_id", ColumnType.Text), ("at", ColumnType.Number), ("action", ColumnType.Text), ("address", ColumnType.Text),
        ("allowed", ColumnType.Number), ("after_end", ColumnType.Number), ("heard_at", ColumnType.Number));

    /// <summary>Oldest first.</summary>
    public Task<List<UseView>> OfLeaseAsync(string lease, int most, CancellationToken cancel) => store.ListAsync(Pool.Control, new Statement(
        $"SELECT {Columns} FROM credential_uses u WHERE u.lease_id = @lease ORDER BY u.at, u.record LIMIT @most") { Values = [("lease", lease), ("most", most)] }, Read, cancel);

    /// <summary>Uses of a revocation's leases after they were over, oldest first.</summary>
    public Task<List<UseView>> AfterEndAsync(string incident, int most, CancellationToken cancel) => store.ListAsync(Pool.Control, new Statement(
        $"SELECT {Columns} FROM incident_leases i JOIN credential_uses u ON u.lease_id = i.lease_id WHERE i.incident_id = @incident AND u.after_end = 1 ORDER BY u.at, u.record LIMIT @most")
    {
        Values = [("incident", incident), ("most", most)],
    }, Read, cancel);

    /// <summary>When each of these leases is or was over; those that nobody knows are absent.</summary>
    public async Task<Dictionary<string, long>> EndsAsync(IEnumerable<string> leases, CancellationToken cancel) => (await store.ListAsync(Pool.Control, new Statement(
        $"SELECT l.id, l.ends_at FROM {Keys.From} JOIN leases l ON l.id = k.id UNION ALL SELECT l.id, l.ends_at FROM {Keys.From} JOIN ended_leases l ON l.id = k.id") { Shape = Keys, Rows = Rows(leases) },
        row => (Id: row.GetString(0), EndsAt: row.GetInt64(1)), cancel)).ToDictionary(one => one.Id, one => one.EndsAt, StringComparer.Ordinal);

    /// <summary>Of these records of a log, those that were taken before.</summary>
    public async Task<HashSet<string>> KnownAsync(string log, IEnumerable<string> records, CancellationToken cancel) => (await store.ListAsync(Pool.Control, new Statement(
        $"SELECT u.record FROM {Keys.From} JOIN credential_uses u ON u.log = @log AND u.record = k.id") { Shape = Keys, Rows = Rows(records), Values = [("log", log)] },
        row => row.GetString(0), cancel)).ToHashSet(StringComparer.Ordinal);

    /// <summary>From where these leases were used so far.</summary>
    public async Task<ILookup<string, (string Address, long First)>> AddressesAsync(IEnumerable<string> leases, CancellationToken cancel) => (await store.ListAsync(Pool.Control, new Statement(
        $"SELECT u.lease_id, u.address, min(u.at) FROM {Keys.From} JOIN credential_uses u ON u.lease_id = k.id WHERE u.address IS NOT NULL GROUP BY u.lease_id, u.address") { Shape = Keys, Rows = Rows(leases) },
        row => (Lease: row.GetString(0), Address: row.GetString(1), First: row.GetInt64(2)), cancel)).ToLookup(one => one.Lease, one => (one.Address, one.First), StringComparer.Ordinal);

    /// <summary>Takes uses; of those that another replica takes at the same moment, one stays.</summary>
    public static Work Take(string log, IEnumerable<(LogUse Use, bool AfterEnd)> uses, long now) => new PlainWrite(new Statement(
        $"""
        INSERT INTO credential_uses (log, record, lease_id, at, action, address, allowed, after_end, heard_at)
        SELECT r.log, r.record, r.lease_id, r.at, r.action, r.address, r.allowed, r.after_end, r.heard_at FROM {Shape.From} WHERE 1 = 1 ON CONFLICT (log, record) DO NOTHING
        """)
    {
        Shape = Shape,
        Rows = [.. uses.Select(one => new object?[] { log, one.Use.Record, one.Use.Lease, one.Use.At, one.Use.Action, one.Use.Address, one.Use.Allowed ? 1L : 0L, one.AfterEnd ? 1L : 0L, now })],
    });

    private static object?[][] Rows(IEnumerable<string> keys) => [.. keys.Distinct().Select(key => new object?[] { key })];

    private static UseView Read(DbDataReader row) => new(
        row.GetString(0), DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(1)), row.GetString(2), row.GetString(3), row.GetString(4), row.IsDBNull(5) ? null : row.GetString(5), row.GetInt64(6) != 0,
        row.GetInt64(7) != 0);
}
