using CredentialBroker.Audit.Tree;
using CredentialBroker.Protocol.Evidence;
using CredentialBroker.Storage;
using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Audit.Checkpoints;

/// <summary>
/// Signs how large the tree is and what its root is. Before it signs, it proves to itself that the tree is a
/// continuation of the newest checkpoint: of the one in the store, whose signature must hold, and of the one that this
/// process saw last, which nobody can take out of the store.
/// </summary>
internal sealed class CheckpointMaker(
    TreeStore tree, TreeTiles tiles, CheckpointStore checkpoints, CheckpointSigner signer, Journal journal, AuditOptions options, SealLog log, TimeProvider clock)
{
    private Checkpoint? _seen;

    /// <summary>True once a checkpoint was refused because the tree contradicts an earlier one; stays until a restart.</summary>
    public bool Contradicted { get; private set; }

    /// <summary>Signs when there is something new and the newest checkpoint is old enough.</summary>
    public async Task MakeWhenDueAsync(CancellationToken cancel)
    {
        var head = await tree.HeadAsync(cancel);
        if (head.Size == head.Signed) return;
        var newest = await checkpoints.FindAsync(head.Signed, cancel);
        if (newest is not null && clock.NowMs() - newest.At.ToUnixTimeMilliseconds() < options.CheckpointEvery.TotalMilliseconds) return;
        await SignAsync(head, newest, cancel);
    }

    /// <summary>A checkpoint over everything in the tree, made if there is none.</summary>
    /// <returns>Null when the tree contradicts an earlier checkpoint, so that none can be signed.</returns>
    public async Task<CheckpointView?> MakeNowAsync(CancellationToken cancel)
    {
        while (true)
        {
            var head = await tree.HeadAsync(cancel);
            var newest = await checkpoints.FindAsync(head.Signed, cancel);
            if (newest is not null && head.Size == head.Signed) return newest;
            if (!await SignAsync(head, newest, cancel)) return null;
        }
    }

    private async Task<bool> SignAsync(TreeHead head, CheckpointView? newest, CancellationToken cancel)
    {
        var root = (await tiles.LoadAsync([TreeRanges.Whole(head.Size)], cancel)).Of(TreeRanges.Whole(head.Size));
        Contradicted = !await ContinuesAsync(head, root, newest, cancel);
        if (Contradicted) return false;
        var note = signer.Note(head.Size, root);
        var write = new Statement("INSERT INTO audit_checkpoints (size, at, note) VALUES (@size, @at, @note)") { Values = [("size", head.Size), ("at", clock.NowMs()), ("note", note)] };
        if (await journal.CommitAsync(Lane.Issuing, new TreeMove(head, head with { Signed = head.Size }, [write])) is null) _seen = Checkpoint.Parse(note);
        return true;
    }

    private async Task<bool> ContinuesAsync(TreeHead head, byte[] root, CheckpointView? newest, CancellationToken cancel)
    {
        if (head.Signed > 0 && newest is null) return Refuse(head.Signed, "it is not in the store");
        try
        {
            if (newest is not null)
            {
                var before = Checkpoint.Parse(newest.Note);
                if (before.Size != newest.Size) return Refuse(newest.Size, "its row says another size than it");
                if (before.SignerAmong(signer.All) is null) return Refuse(newest.Size, "its signature does not hold");
                if (await WhyNotAsync(before, head.Size, root, cancel) is { } why) return Refuse(newest.Size, why);
            }

            return _seen is null || await WhyNotAsync(_seen, head.Size, root, cancel) is not { } contradiction || Refuse(_seen.Size, contradiction);
        }
        catch (InvalidDataException fault)
        {
            return Refuse(head.Signed, fault.Message);
        }
    }

    private async Task<string?> WhyNotAsync(Checkpoint before, long size, byte[] root, CancellationToken cancel)
    {
        if (before.Origin != signer.Origin) return $"it is of the log '{before.Origin}'; this one is '{signer.Origin}'";
        if (before.Size > size) return $"the tree has only {size} records now";
        var ranges = TreeRanges.Consistency(before.Size, size);
        var hashes = await tiles.LoadAsync(ranges, cancel);
        return MerkleTree.VerifyConsistency(before.Size, size, before.Root.Span, root, [.. ranges.Select(hashes.Of)]) ? null : "its root cannot be reached from the tree";
    }

    private bool Refuse(long size, string why)
    {
        log.Inconsistent(size, why);
        return false;
    }
}
