using System.Runtime.CompilerServices;
using CredentialBroker.Protocol.Evidence;
using CredentialBroker.Storage;

namespace CredentialBroker.Audit.Tree;

/// <summary>A record with its place in the tree.</summary>
internal sealed record SealedRecord(long Position, AuditLine Line);

/// <summary>Reads records in the order of the tree, page by page, so that no transaction stays open.</summary>
internal sealed class EvidenceReader(Store store, TreeStore tree)
{
    private const int RunsAtOnce = 64;
    private const int Page = 1000;

    /// <summary>The records from one position up to another, which must be in the tree and not dropped.</summary>
    public async IAsyncEnumerable<SealedRecord> ReadAsync(long from, long to, [EnumeratorCancellation] CancellationToken cancel)
    {
        while (from < to)
        {
            foreach (var run in await tree.RunsAsync(from, RunsAtOnce, cancel))
            {
                while (from < Math.Min(to, run.Position + run.Records))
                {
                    var page = await PageAsync(run, from, Math.Min(Math.Min(to, run.Position + run.Records), from + Page), cancel);
                    foreach (var record in page) yield return record;
                    from += page.Count;
                }
            }
        }
    }

    private async Task<List<SealedRecord>> PageAsync(Run run, long from, long to, CancellationToken cancel)
    {
        var lines = await store.ListAsync(Pool.Control, new Statement("SELECT chain, seq, hash, body FROM audit WHERE chain = @chain AND seq >= @from AND seq < @to ORDER BY seq")
        {
            Values = [("chain", run.Chain), ("from", run.Seq + from - run.Position), ("to", run.Seq + to - run.Position)],
        }, AuditStore.Line, cancel);
        return lines.Count == to - from
            ? [.. lines.Select((line, i) => new SealedRecord(from + i, line))]
            : throw new InvalidDataException($"of chain {run.Chain}, records between position {from} and {to} of the audit tree are not in the store");
    }
}
