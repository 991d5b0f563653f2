using System.Numerics;
using CredentialBroker.Protocol.Evidence;
using CredentialBroker.Storage;

namespace CredentialBroker.Audit.Tree;

/// <summary>
/// The tree's hashes as they are stored: 256 to a row. Level 0 holds leaves, every other level the roots of full rows of
/// the level below, so that any subtree is found in few rows whatever the size of the tree.
/// </summary>
internal sealed class TreeTiles(Store store)
{
    public const int Width = 256;
    public const int Height = 8;

    private static readonly RowShape Keys = new("k", ("level", ColumnType.Number), ("number", ColumnType.Number));

    /// <summary>Reads what is needed to compute the roots of these ranges.</summary>
    public async Task<TreeHashes> LoadAsync(IEnumerable<LeafRange> ranges, CancellationToken cancel)
    {
        var wanted = ranges.SelectMany(TreeHashes.Perfect).Select(TreeHashes.TileOf).ToHashSet();
        var found = new Dictionary<(long, long), byte[]>(wanted.Count);
        if (wanted.Count == 0) return new TreeHashes(found);
        await store.ReadAsync(Pool.Control, new Statement($"SELECT t.level, t.number, t.hashes FROM {Keys.From} JOIN audit_tiles t ON t.level = k.level AND t.number = k.number")
        {
            Shape = Keys,
            Rows = [.. wanted.Select(w => new object?[] { w.Level, w.Number })],
            Row = row => found[(row.GetInt64(0), row.GetInt64(1))] = Convert.FromBase64String(row.GetString(2)),
        }, cancel);
        return new TreeHashes(found);
    }

    /// <summary>The rows at the right edge of a tree of this size that are not full, from the leaves upwards.</summary>
    public async Task<List<byte[]>> EdgeAsync(long size, CancellationToken cancel)
    {
        var edge = new List<byte[]>();
        for (var (level, left) = (0, size); left > 0; (level, left) = (level + 1, left >> Height))
        {
            var length = (int)(left % Width) * MerkleTree.HashSize;
            edge.Add(length == 0 ? [] : (await ReadAsync(level, left / Width, cancel))[..length]);
        }

        return edge;
    }

    private async Task<byte[]> ReadAsync(long level, long number, CancellationToken cancel) =>
        (await store.ListAsync(Pool.Control, new Statement("SELECT hashes FROM audit_tiles WHERE level = @level AND number = @number")
        {
            Values = [("level", level), ("number", number)],
        }, row => Convert.FromBase64String(row.GetString(0)), cancel)) is [var hashes]
            ? hashes
            : throw new InvalidDataException($"row {number} of level {level} of the audit tree is not in the store");
}

/// <summary>Some rows of the tree, and every root that can be computed from them.</summary>
internal sealed class TreeHashes(IReadOnlyDictionary<(long Level, long Number), byte[]> tiles)
{
    /// <summary>Root of the leaves in this range, which is one that the tree is split into.</summary>
    public byte[] Of(LeafRange range)
    {
        if (range.Size == 0) return MerkleTree.EmptyRoot;
        if (BitOperations.IsPow2(range.Size)) return Subtree(range);
        var split = range.Begin + MerkleTree.SplitOf(range.Size);
        return MerkleTree.NodeHash(Subtree(range with { End = split }), Of(range with { Begin = split }));
    }

    /// <summary>The perfect subtrees of a range.</summary>
    public static IEnumerable<LeafRange> Perfect(LeafRange range)
    {
        while (range.Size > 0)
        {
            var split = range.Begin + (1L << BitOperations.Log2((ulong)range.Size));
            yield return range with { End = split };
            range = range with { Begin = split };
        }
    }

    /// <summary>The row that holds the hashes from which a perfect subtree's root is computed.</summary>
    public static (long Level, long Number) TileOf(LeafRange perfect)
    {
        var level = BitOperations.Log2((ulong)perfect.Size) / TreeTiles.Height;
        return (level, perfect.Begin >> (level * TreeTiles.Height) >> TreeTiles.Height);
    }

    private byte[] Subtree(LeafRange perfect)
    {
        var (level, number) = TileOf(perfect);
        var shift = (int)level * TreeTiles.Height;
        var (at, count) = ((int)(perfect.Begin >> shift) % TreeTiles.Width, (int)(perfect.Size >> shift));
        var bytes = tiles.GetValueOrDefault((level, number));
        if (bytes is null || bytes.Length < (at + count) * MerkleTree.HashSize) throw new InvalidDataException($"row {number} of level {level} of the audit tree is not whole");
        return RootOf(bytes.AsSpan(at * MerkleTree.HashSize, count * MerkleTree.HashSize));
    }

    /// <summary>Root over a power of two of hashes that lie side by side.</summary>
    public static byte[] RootOf(ReadOnlySpan<byte> hashes)
    {
        var level = hashes.ToArray();
        for (var count = hashes.Length / MerkleTree.HashSize; count > 1; count /= 2)
        {
            for (var i = 0; i < count / 2; i++)
            {
                MerkleTree.NodeHash(At(level, 2 * i), At(level, (2 * i) + 1), level.AsSpan(i * MerkleTree.HashSize, MerkleTree.HashSize));
            }
        }

        return level[..MerkleTree.HashSize];

        static ReadOnlySpan<byte> At(byte[] level, int index) => level.AsSpan(index * MerkleTree.HashSize, MerkleTree.HashSize);
    }
}
