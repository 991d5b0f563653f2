using System.Buffers;
using CredentialBroker.Audit.Checkpoints;
using CredentialBroker.Audit.Exports;
using CredentialBroker.Audit.Tree;
using CredentialBroker.Protocol.Evidence;
using CredentialBroker.Storage;

namespace CredentialBroker.Audit.Bundles;

/// <summary>The whole evidence as one text: what was dropped, every record with the checkpoints between, and a checkpoint of all at the end.</summary>
internal sealed class ExportStream(Store store, TreeStore tree, TreeTiles tiles, EvidenceReader reader, CheckpointStore checkpoints)
{
    private const int AtOnce = 500;

    /// <param name="last">The checkpoint that the export ends with.</param>
    public async Task WriteAsync(Stream to, CheckpointView last, CancellationToken cancel)
    {
        var head = await tree.HeadAsync(cancel);
        var page = new ArrayBufferWriter<byte>(64 * 1024);
        if (head.Absent > 0) ExportText.Write(page, await AbsentAsync(head.Absent, cancel));
        var format = new NativeFormat(checkpoints);
        var records = new List<SealedRecord>(AtOnce);
        await foreach (var record in reader.ReadAsync(head.Absent, last.Size, cancel))
        {
            records.Add(record);
            if (records.Count < AtOnce) continue;
            await FlushAsync();
        }

        await FlushAsync();
        ExportText.Write(page, last.Note);
        await to.WriteAsync(page.WrittenMemory, cancel);

        async Task FlushAsync()
        {
            foreach (var told in await format.WriteAsync(records, cancel))
            {
                page.Write(told.Json.Span);
                page.Write("\n"u8);
            }

            await to.WriteAsync(page.WrittenMemory, cancel);
            page.ResetWrittenCount();
            records.Clear();
        }
    }

    private async Task<AbsentRecords> AbsentAsync(long size, CancellationToken cancel)
    {
        var ranges = TreeRanges.Frontier(size);
        var hashes = await tiles.LoadAsync(ranges, cancel);
        var chains = await store.ListAsync(Pool.Control, new Statement("SELECT chain, absent_seq, absent_hash FROM audit_chains WHERE absent_seq IS NOT NULL ORDER BY chain"),
            row => new ChainHead(row.GetInt64(0), row.GetInt64(1), row.GetString(2)), cancel);
        return new AbsentRecords(size, [.. ranges.Select(range => Convert.ToBase64String(hashes.Of(range)))], chains);
    }
}
