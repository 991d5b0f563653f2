using CredentialBroker.Audit.Exports;
using CredentialBroker.Audit.Tree;
using CredentialBroker.Storage;
using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Audit;

/// <summary>
/// Drops the oldest records, in the order of the tree and in bounded slices. None goes before a checkpoint covers it and
/// every export has it. The tree keeps its hashes, so that what is left is proven as before, and an export says what is
/// missing.
/// </summary>
internal sealed class AuditRetention(Store store, TreeStore tree, AuditExports exports, ExportCursors cursors, Journal journal, AuditOptions options, TimeProvider clock)
{
    private const int Slice = 1000;
    private const int SlicesAtOnce = 100;

    public async Task RunAsync(CancellationToken cancel)
    {
        for (var i = 0; i < SlicesAtOnce && await DropAsync(cancel); i++) { }
    }

    /// <returns>Whether there may be more.</returns>
    private async Task<bool> DropAsync(CancellationToken cancel)
    {
        var head = await tree.HeadAsync(cancel);
        var bound = Math.Min(Math.Min(head.Signed, await cursors.LeastAsync(exports.OfRecords, cancel)), await NewestAsync(cancel));
        if (head.Absent >= bound || await tree.RunsAsync(head.Absent, 1, cancel) is not [var run]) return false;
        var from = run.Seq + head.Absent - run.Position;
        var to = Math.Min(Math.Min(run.Seq + run.Records, from + Slice), run.Seq + bound - run.Position);
        to = await OldAsync(run.Chain, from, to, cancel);
        if (to <= from) return false;
        var last = (await tree.HashesAsync(run.Chain, to - 1, to, cancel))[0].Hash;
        return await journal.CommitAsync(Lane.Issuing, new TreeMove(head, head with { Absent = head.Absent + to - from },
        [
            new Statement("DELETE FROM audit WHERE chain = @chain AND seq >= @from AND seq < @to") { Values = [("chain", run.Chain), ("from", from), ("to", to)] },
            new Statement("UPDATE audit_chains SET absent_seq = @seq, absent_hash = @hash WHERE chain = @chain") { Values = [("seq", to - 1), ("hash", last), ("chain", run.Chain)] },
        ])) is null;
    }

    /// <summary>The newest record of the newest chain stays: the next chain is numbered after it, and names it.</summary>
    private async Task<long> NewestAsync(CancellationToken cancel)
    {
        var newest = await store.ListAsync(Pool.Control, new Statement("SELECT chain, seq FROM audit ORDER BY chain DESC, seq DESC LIMIT 1"), row => (Chain: row.GetInt64(0), Seq: row.GetInt64(1)), cancel);
        return newest is [var (chain, seq)] && await tree.RunOfAsync(chain, seq, cancel) is { } run ? run.Position + seq - run.Seq : long.MaxValue;
    }

    /// <summary>Up to the first record of the stretch that is to be kept.</summary>
    private async Task<long> OldAsync(long chain, long from, long to, CancellationToken cancel) => (await store.ListAsync(Pool.Control, new Statement(
        "SELECT coalesce(min(seq), @to) FROM audit WHERE chain = @chain AND seq >= @from AND seq < @to AND at >= @late")
    {
        Values = [("chain", chain), ("from", from), ("to", to), ("late", clock.NowMs() - (long)options.Keep.TotalMilliseconds)],
    }, row => row.GetInt64(0), cancel))[0];
}
