using System.Runtime.CompilerServices;
using CredentialBroker.Protocol.Evidence;
using CredentialBroker.Storage;

namespace CredentialBroker.Audit;

/// <summary>Which records are wanted; all fields must hold.</summary>
internal sealed record AuditQuery(string? Stream, string? Type, string? Lease, long? Since);

/// <summary>Reads records in chain order, page by page, so that an export holds no transaction open.</summary>
internal sealed class AuditStore(Store store)
{
    private const int Page = 1000;

    public async IAsyncEnumerable<AuditLine> ReadAsync(AuditQuery query, [EnumeratorCancellation] CancellationToken cancel)
    {
        var (chain, seq) = (0L, -1L);
        while (true)
        {
            var page = await store.ListAsync(Pool.Control, After(query, chain, seq), Line, cancel);
            foreach (var line in page) yield return line;
            if (page.Count < Page) yield break;
            (chain, seq) = (page[^1].Chain, page[^1].Seq);
        }
    }

    /// <summary>The newest records that match, oldest first.</summary>
    public async Task<List<AuditLine>> NewestAsync(AuditQuery query, int count, CancellationToken cancel)
    {
        var found = await store.ListAsync(Pool.Control, new Statement($"SELECT chain, seq, hash, body FROM audit {Where} ORDER BY at DESC, chain DESC, seq DESC LIMIT @count")
        {
            Values = [.. Values(query), ("count", count)],
        }, Line, cancel);
        found.Reverse();
        return found;
    }

    /// <summary>When the newest record was made, in UTC milliseconds; 0 when there is none.</summary>
    public async Task<long> NewestAtAsync(CancellationToken cancel) =>
        (await store.ListAsync(Pool.Control, new Statement("SELECT coalesce(max(at), 0) FROM audit"), row => row.GetInt64(0), cancel))[0];

    private static Statement After(AuditQuery query, long chain, long seq) =>
        new($"SELECT chain, seq, hash, body FROM audit {Where} AND (chain > @chain OR (chain = @chain AND seq > @seq)) ORDER BY chain, seq LIMIT {Page}")
        {
            Values = [.. Values(query), ("chain", chain), ("seq", seq)],
        };

    private const string Where = "WHERE (@stream = '' OR stream = @stream) AND (@type = '' OR type = @type) AND (@lease = '' OR lease = @lease) AND at >= @since";

    private static (string, object?)[] Values(AuditQuery query) =>
        [("stream", query.Stream ?? ""), ("type", query.Type ?? ""), ("lease", query.Lease ?? ""), ("since", query.Since ?? 0)];

    internal static AuditLine Line(System.Data.Common.DbDataReader row) => new(row.GetInt64(0), row.GetInt64(1), row.GetString(2), row.GetString(3));
}
