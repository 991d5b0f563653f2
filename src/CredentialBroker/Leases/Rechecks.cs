using CredentialBroker.Protocol.Selectors;
using CredentialBroker.Storage;
using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Leases;

/// <summary>A lease that is to be judged again as if it were claimed now.</summary>
/// <param name="Because">What gave reason to, such as an alarm's type.</param>
/// <param name="At">Since when, in UTC milliseconds.</param>
internal sealed record Recheck(string Lease, string Because, long At);

/// <summary>Live leases that something gave reason to judge again. Whoever judged one takes its mark away.</summary>
internal sealed class Rechecks(Store store)
{
    private static readonly RowShape Keys = new("k", ("id", ColumnType.Text), ("at", ColumnType.Number));

    /// <summary>Marks every live lease that a selector covers; one that is marked already is marked anew, so that a judgement under way does not count for it.</summary>
    public static Work Mark(Selector selector, string because, long now)
    {
        var sql = new SelectorSql(selector);
        return new PlainWrite(new Statement(
            $"""
            INSERT INTO rechecks (lease_id, because, at) SELECT l.id, @because, @at FROM leases l {sql.Joins} WHERE l.state IN (1, 2) AND {sql.Where}
            ON CONFLICT (lease_id) DO UPDATE SET because = excluded.because, at = excluded.at
            """) { Values = [("because", because), ("at", now), .. sql.Values] });
    }

    /// <summary>What waits longest.</summary>
    public Task<List<Recheck>> DueAsync(int count, CancellationToken cancel) => store.ListAsync(Pool.Control, new Statement(
        "SELECT lease_id, because, at FROM rechecks ORDER BY at, lease_id LIMIT @count") { Values = [("count", count)] },
        row => new Recheck(row.GetString(0), row.GetString(1), row.GetInt64(2)), cancel);

    /// <summary>Takes marks away, unless they were set anew meanwhile.</summary>
    public static Work Done(IReadOnlyList<Recheck> judged) => new PlainWrite(new Statement(
        $"DELETE FROM rechecks WHERE EXISTS (SELECT 1 FROM {Keys.From} WHERE k.id = rechecks.lease_id AND k.at = rechecks.at)")
    {
        Shape = Keys, Rows = [.. judged.Select(one => new object?[] { one.Lease, one.At })],
    });
}
