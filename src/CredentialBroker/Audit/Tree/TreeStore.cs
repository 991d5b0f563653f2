using CredentialBroker.Storage;

namespace CredentialBroker.Audit.Tree;

/// <summary>A chain as one look at the store finds it.</summary>
/// <param name="Newest">Sequence number of its newest committed record.</param>
/// <param name="Sealed">How many of its records are in the tree.</param>
internal sealed record ChainState(long Chain, long Newest, long Sealed);

/// <summary>A stretch of one chain that lies side by side in the tree.</summary>
internal sealed record Run(long Position, long Chain, long Seq, long Records);

/// <summary>Reads what the tree is made from, and the order of its leaves.</summary>
internal sealed class TreeStore(Store store)
{
    public async Task<TreeHead> HeadAsync(CancellationToken cancel) =>
        (await store.ListAsync(Pool.Control, new Statement($"SELECT {TreeHead.Columns} FROM audit_tree WHERE id = 1"), TreeHead.Read, cancel))[0];

    /// <summary>
    /// The chains above a number, in order, as one statement sees them: a chain never shows without the record of its
    /// predecessor that it names. Goes from chain to chain in the index.
    /// </summary>
    public Task<List<ChainState>> ChainsAsync(long above, CancellationToken cancel) => store.ListAsync(Pool.Control, new Statement(
        """
        WITH RECURSIVE c(chain) AS (
            SELECT min(a.chain) FROM audit a WHERE a.chain > @above
            UNION ALL
            SELECT (SELECT min(a.chain) FROM audit a WHERE a.chain > c.chain) FROM c WHERE c.chain IS NOT NULL)
        SELECT c.chain, (SELECT max(a.seq) FROM audit a WHERE a.chain = c.chain), coalesce((SELECT k.sealed FROM audit_chains k WHERE k.chain = c.chain), 0)
        FROM c WHERE c.chain IS NOT NULL ORDER BY c.chain
        """) { Values = [("above", above)] }, row => new ChainState(row.GetInt64(0), row.GetInt64(1), row.GetInt64(2)), cancel);

    /// <summary>Number of the newest chain; 0 before the first.</summary>
    public async Task<long> NewestChainAsync(CancellationToken cancel) =>
        (await store.ListAsync(Pool.Control, new Statement("SELECT coalesce(max(chain), 0) FROM audit"), row => row.GetInt64(0), cancel))[0];

    /// <summary>Hashes of a stretch of a chain, in order.</summary>
    public Task<List<(long Seq, string Hash)>> HashesAsync(long chain, long from, long to, CancellationToken cancel) => store.ListAsync(Pool.Control, new Statement(
        "SELECT seq, hash FROM audit WHERE chain = @chain AND seq >= @from AND seq < @to ORDER BY seq")
    {
        Values = [("chain", chain), ("from", from), ("to", to)],
    }, row => (row.GetInt64(0), row.GetString(1)), cancel);

    /// <summary>The stretches from a position on, the one that it lies in first.</summary>
    public Task<List<Run>> RunsAsync(long position, int count, CancellationToken cancel) => store.ListAsync(Pool.Control, new Statement(
        """
        SELECT position, chain, seq, records FROM audit_runs
        WHERE position >= coalesce((SELECT max(r.position) FROM audit_runs r WHERE r.position <= @position), 0) ORDER BY position LIMIT @count
        """) { Values = [("position", position), ("count", count)] }, ReadRun, cancel);

    /// <summary>The stretch that holds a record; null while it is not in the tree.</summary>
    public async Task<Run?> RunOfAsync(long chain, long seq, CancellationToken cancel) => (await store.ListAsync(Pool.Control, new Statement(
        "SELECT position, chain, seq, records FROM audit_runs WHERE chain = @chain AND seq <= @seq ORDER BY seq DESC LIMIT 1")
    {
        Values = [("chain", chain), ("seq", seq)],
    }, ReadRun, cancel)) is [var run] && seq < run.Seq + run.Records ? run : null;

    private static Run ReadRun(System.Data.Common.DbDataReader row) => new(row.GetInt64(0), row.GetInt64(1), row.GetInt64(2), row.GetInt64(3));
}
