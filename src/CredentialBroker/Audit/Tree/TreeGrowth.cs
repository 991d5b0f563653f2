using CredentialBroker.Protocol.Evidence;

namespace CredentialBroker.Audit.Tree;

/// <summary>Adds leaves to the right edge of the tree, and knows which rows changed: one hash a leaf, one node a leaf.</summary>
internal sealed class TreeGrowth
{
    private readonly List<List<byte>> _edge;
    private readonly long _before;
    private readonly List<(long Level, long Number, byte[] Hashes)> _full = [];

    /// <param name="size">Size of the tree.</param>
    /// <param name="edge">Its rows that are not full, from the leaves upwards.</param>
    public TreeGrowth(long size, IEnumerable<byte[]> edge)
    {
        (_before, Size) = (size, size);
        _edge = [.. edge.Select(hashes => new List<byte>(hashes))];
    }

    public long Size { get; private set; }

    public void Add(ReadOnlySpan<byte> leaf)
    {
        Push(0, leaf);
        Size++;
    }

    /// <summary>Every row that is new or longer than it was.</summary>
    public IEnumerable<(long Level, long Number, byte[] Hashes)> Changed()
    {
        foreach (var row in _full) yield return row;
        for (var level = 0; level < _edge.Count; level++)
        {
            var shift = level * TreeTiles.Height;
            if (_edge[level].Count > 0 && Size >> shift != _before >> shift) yield return (level, Size >> shift >> TreeTiles.Height, [.. _edge[level]]);
        }
    }

    private void Push(int level, ReadOnlySpan<byte> hash)
    {
        if (_edge.Count == level) _edge.Add([]);
        var row = _edge[level];
        row.AddRange(hash);
        if (row.Count < TreeTiles.Width * MerkleTree.HashSize) return;
        byte[] hashes = [.. row];
        row.Clear();
        // The leaf that fills a row is not counted yet: its number is the one before.
        _full.Add((level, Size >> (level * TreeTiles.Height) >> TreeTiles.Height, hashes));
        Push(level + 1, TreeHashes.RootOf(hashes));
    }
}
