using CredentialBroker.Protocol;
using CredentialBroker.Storage;
using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Issuer;

/// <summary>The blocks of status indexes in the store, each some replica's.</summary>
internal sealed class StatusBlocks(Store store, Journal journal, TimeProvider clock)
{
    public async Task<long> TakeAsync(CancellationToken cancel)
    {
        // Told apart by a name of its own, and read back: a commit may have been tried more than once.
        var taken = Ids.New(clock);
        await journal.CommitAsync(Lane.Issuing, new PlainWrite(
            "INSERT INTO status_blocks (block, taken, taken_at) SELECT coalesce(max(block) + 1, 0), @taken, @now FROM status_blocks",
            ("taken", taken), ("now", clock.NowMs())) { LockNames = ["status blocks"] });
        return (await store.ListAsync(Pool.Issuing, new Statement("SELECT block FROM status_blocks WHERE taken = @taken") { Values = [("taken", taken)] }, row => row.GetInt64(0), cancel))[0];
    }

    /// <summary>How many lists have a place that was handed out.</summary>
    public async Task<long> ShardsAsync(CancellationToken cancel)
    {
        var blocks = (await store.ListAsync(Pool.Control, new Statement("SELECT coalesce(max(block) + 1, 0) FROM status_blocks"), row => row.GetInt64(0), cancel))[0];
        return ((blocks * StatusIndexes.BlockSize) + StatusIndexes.ShardSize - 1) / StatusIndexes.ShardSize;
    }
}
