using CredentialBroker.Protocol.Evidence;

namespace CredentialBroker.Audit.Tree;

/// <summary>A stretch of leaves whose root is one hash of a proof; the end is exclusive.</summary>
internal readonly record struct LeafRange(long Begin, long End)
{
    public long Size => End - Begin;
}

/// <summary>Which subtrees a proof is made of (RFC 9162 sections 2.1.3.1 and 2.1.4.1), from the leaf upwards.</summary>
internal static class TreeRanges
{
    public static LeafRange Whole(long size) => new(0, size);

    public static List<LeafRange> Inclusion(long index, long size)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, size);
        var ranges = new List<LeafRange>();
        var at = Whole(size);
        while (at.Size > 1)
        {
            var split = at.Begin + MerkleTree.SplitOf(at.Size);
            (at, var beside) = index < split ? (at with { End = split }, at with { Begin = split }) : (at with { Begin = split }, at with { End = split });
            ranges.Add(beside);
        }

        ranges.Reverse();
        return ranges;
    }

    public static List<LeafRange> Consistency(long first, long second)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(first, second);
        var ranges = new List<LeafRange>();
        if (first == 0 || first == second) return ranges;
        var (at, whole) = (Whole(second), true);
        while (at.End != first)
        {
            var split = at.Begin + MerkleTree.SplitOf(at.Size);
            if (first <= split)
            {
                ranges.Add(at with { Begin = split });
                at = at with { End = split };
            }
            else
            {
                ranges.Add(at with { End = split });
                (at, whole) = (at with { Begin = split }, false);
            }
        }

        // The smaller tree's own root is known to whoever verifies.
        if (!whole) ranges.Add(at);
        ranges.Reverse();
        return ranges;
    }

    /// <summary>The perfect subtrees that a tree of this size consists of, largest first.</summary>
    public static List<LeafRange> Frontier(long size)
    {
        var ranges = new List<LeafRange>();
        for (var begin = 0L; begin < size;)
        {
            var length = 1L << System.Numerics.BitOperations.Log2((ulong)(size - begin));
            ranges.Add(new LeafRange(begin, begin + length));
            begin += length;
        }

        return ranges;
    }
}
