using CredentialBroker.Protocol.Evidence;
using CredentialBroker.Storage;
using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Audit.Tree;

/// <summary>
/// Adds the committed prefix of every chain to the tree. One replica does it for all; another takes over when it falls
/// silent. A crash at any point leaves the tree as it was or as it should be: leaves, hashes and size are one commit.
/// </summary>
internal sealed class Sealer(TreeStore tree, TreeTiles tiles, Journal journal, SealLog log, TimeProvider clock)
{
    /// <summary>Leaves added in one commit.</summary>
    private const int Most = 16_384;

    /// <summary>How long the others leave it to the replica that last added something.</summary>
    private const long TurnMs = 5_000;

    /// <summary>Chains that are looked at each time. One grows only as long as its process lives, and few do; all are looked at now and then.</summary>
    private const int Recent = 64;
    private const int EveryChain = 60;

    private int _passes;

    /// <summary>Adds all that is committed, unless it is another replica's turn.</summary>
    /// <param name="always">Also when it is another's turn: the guard of the tree decides who was first.</param>
    public async Task SealAsync(bool always, CancellationToken cancel)
    {
        var all = _passes++ % EveryChain == 0;
        while (await PassAsync(always, all, cancel)) { }
    }

    /// <returns>Whether this pass was full. What came while it ran waits for the next time, or under load there would be no end.</returns>
    private async Task<bool> PassAsync(bool always, bool all, CancellationToken cancel)
    {
        var head = await tree.HeadAsync(cancel);
        var now = clock.NowMs();
        if (!always && head.Sealer != journal.Writer && head.SealerUntil > now) return false;
        var chains = await ChainsAsync(all, cancel);
        var (growth, runs) = (new TreeGrowth(head.Size, await tiles.EdgeAsync(head.Size, cancel)), new List<Run>());
        foreach (var chain in chains.Where(c => c.Newest >= c.Sealed))
        {
            // Whole chains in order: what a chain's genesis names stands before it.
            if (growth.Size - head.Size >= Most) break;
            var to = Math.Min(chain.Newest + 1, chain.Sealed + Most - (growth.Size - head.Size));
            if (!await AddAsync(growth, runs, chain, to, cancel)) break;
        }

        if (runs.Count == 0) return false;
        var sealedTo = head with { Size = growth.Size, Sealer = journal.Writer, SealerUntil = now + TurnMs };
        return await journal.CommitAsync(Lane.Issuing, new TreeMove(head, sealedTo, Writes(growth, runs))) is null && growth.Size - head.Size >= Most;
    }

    private async Task<List<ChainState>> ChainsAsync(bool all, CancellationToken cancel)
    {
        var newest = all ? 0 : await tree.NewestChainAsync(cancel);
        return await tree.ChainsAsync(Math.Max(0, newest - Recent), cancel);
    }

    /// <summary>Adds a stretch of a chain; false when the store lacks a record, which stops the tree there and is told.</summary>
    private async Task<bool> AddAsync(TreeGrowth growth, List<Run> runs, ChainState chain, long to, CancellationToken cancel)
    {
        var (position, next) = (growth.Size, chain.Sealed);
        var leaf = new byte[MerkleTree.HashSize];
        foreach (var (seq, hash) in await tree.HashesAsync(chain.Chain, chain.Sealed, to, cancel))
        {
            if (seq != next) break;
            MerkleTree.RecordLeaf(chain.Chain, seq, Convert.FromHexString(hash), leaf);
            growth.Add(leaf);
            next++;
        }

        if (next > chain.Sealed) runs.Add(new Run(position, chain.Chain, chain.Sealed, next - chain.Sealed));
        if (next == to) return true;
        log.Gap(chain.Chain, next);
        return false;
    }

    private static List<Statement> Writes(TreeGrowth growth, List<Run> runs) =>
    [
        TreeRows.Insert("audit_runs", Runs, runs.Select(r => new object?[] { r.Position, r.Chain, r.Seq, r.Records })),
        TreeRows.Upsert("audit_chains", Chains, 1, runs.Select(r => new object?[] { r.Chain, r.Seq + r.Records })),
        TreeRows.Upsert("audit_tiles", Tiles, 2, growth.Changed().Select(t => new object?[] { t.Level, t.Number, Convert.ToBase64String(t.Hashes) })),
    ];

    private static readonly RowShape Runs = new("r", ("position", ColumnType.Number), ("chain", ColumnType.Number), ("seq", ColumnType.Number), ("records", ColumnType.Number));
    private static readonly RowShape Chains = new("c", ("chain", ColumnType.Number), ("sealed", ColumnType.Number));
    private static readonly RowShape Tiles = new("t", ("level", ColumnType.Number), ("number", ColumnType.Number), ("hashes", ColumnType.Text));
}

internal sealed partial class SealLog(ILogger<SealLog> logger)
{
    private readonly ILogger _logger = logger;

    [LoggerMessage(Level = LogLevel.Critical, Message = "Audit chain {Chain} lacks record {Seq}: the tree cannot go on there, and no checkpoint will cover what comes after")]
    public partial void Gap(long chain, long seq);

    [LoggerMessage(Level = LogLevel.Critical, Message = "No checkpoint was signed: the audit tree is not a continuation of the checkpoint of {Size} records: {Why}")]
    public partial void Inconsistent(long size, string why);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The evidence could not be brought up to date; the next time is in a second")]
    public partial void Failed(Exception error);
}
