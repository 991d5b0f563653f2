using System.Buffers.Binary;
using System.Numerics;
using System.Security.Cryptography;

namespace CredentialBroker.Protocol.Evidence;

/// <summary>
/// The hash tree over audit records (RFC 9162 section 2.1): leaves and nodes have different prefixes, and a tree of n
/// leaves splits at the largest power of two below n. A leaf stands for a record by its chain, its place and its chain
/// hash, which in turn covers the record's bytes and everything before it in the chain.
/// </summary>
public static class MerkleTree
{
    /// <summary>Length of every hash, in bytes.</summary>
    public const int HashSize = 32;

    /// <summary>Root of the tree without leaves: the hash of nothing.</summary>
    public static byte[] EmptyRoot => SHA256.HashData([]);

    /// <summary>Hash of a leaf: SHA-256 over 0x00 and the leaf's bytes.</summary>
    public static byte[] LeafHash(ReadOnlySpan<byte> leaf)
    {
        var bytes = new byte[1 + leaf.Length];
        leaf.CopyTo(bytes.AsSpan(1));
        return SHA256.HashData(bytes);
    }

    /// <summary>Leaf hash of a record: over chain and sequence number (8 bytes each, big-endian) and its chain hash.</summary>
    public static void RecordLeaf(long chain, long sequence, ReadOnlySpan<byte> hash, Span<byte> leaf)
    {
        Span<byte> bytes = stackalloc byte[1 + 8 + 8 + HashSize];
        bytes[0] = 0x00;
        BinaryPrimitives.WriteInt64BigEndian(bytes[1..], chain);
        BinaryPrimitives.WriteInt64BigEndian(bytes[9..], sequence);
        hash.CopyTo(bytes[17..]);
        SHA256.HashData(bytes, leaf);
    }

    /// <summary>Hash of an inner node: SHA-256 over 0x01 and its children.</summary>
    public static void NodeHash(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right, Span<byte> node)
    {
        Span<byte> bytes = stackalloc byte[1 + (2 * HashSize)];
        bytes[0] = 0x01;
        left.CopyTo(bytes[1..]);
        right.CopyTo(bytes[(1 + HashSize)..]);
        SHA256.HashData(bytes, node);
    }

    /// <summary>Hash of an inner node.</summary>
    public static byte[] NodeHash(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        var node = new byte[HashSize];
        NodeHash(left, right, node);
        return node;
    }

    /// <summary>Where a tree of so many leaves splits: the largest power of two below it.</summary>
    public static long SplitOf(long size)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 2);
        return 1L << BitOperations.Log2((ulong)(size - 1));
    }

    /// <summary>Whether the proof leads from the leaf to the root (RFC 9162 section 2.1.3.2).</summary>
    public static bool VerifyInclusion(long index, long size, ReadOnlySpan<byte> leaf, IReadOnlyList<byte[]> proof, ReadOnlySpan<byte> root)
    {
        ArgumentNullException.ThrowIfNull(proof);
        if (index < 0 || index >= size || proof.Any(hash => hash.Length != HashSize)) return false;
        var (at, last, hash) = (index, size - 1, leaf.ToArray());
        foreach (var beside in proof)
        {
            if (last == 0) return false;
            if ((at & 1) == 1 || at == last)
            {
                hash = NodeHash(beside, hash);
                while ((at & 1) == 0 && at != 0) (at, last) = (at >> 1, last >> 1);
            }
            else
            {
                hash = NodeHash(hash, beside);
            }

            (at, last) = (at >> 1, last >> 1);
        }

        return last == 0 && root.SequenceEqual(hash);
    }

    /// <summary>Whether the proof shows that the larger tree begins with the smaller one (RFC 9162 section 2.1.4.2).</summary>
    public static bool VerifyConsistency(long first, long second, ReadOnlySpan<byte> firstRoot, ReadOnlySpan<byte> secondRoot, IReadOnlyList<byte[]> proof)
    {
        ArgumentNullException.ThrowIfNull(proof);
        if (first < 0 || first > second || proof.Any(hash => hash.Length != HashSize)) return false;
        if (first == second) return proof.Count == 0 && firstRoot.SequenceEqual(secondRoot);
        if (first == 0) return proof.Count == 0 && firstRoot.SequenceEqual(EmptyRoot);
        var path = proof.ToList();
        if (BitOperations.IsPow2(first)) path.Insert(0, firstRoot.ToArray());
        if (path.Count == 0) return false;
        var (at, last) = (first - 1, second - 1);
        while ((at & 1) == 1) (at, last) = (at >> 1, last >> 1);
        var (older, newer) = (path[0], path[0]);
        foreach (var beside in path.Skip(1))
        {
            if (last == 0) return false;
            if ((at & 1) == 1 || at == last)
            {
                (older, newer) = (NodeHash(beside, older), NodeHash(beside, newer));
                while ((at & 1) == 0 && at != 0) (at, last) = (at >> 1, last >> 1);
            }
            else
            {
                newer = NodeHash(newer, beside);
            }

            (at, last) = (at >> 1, last >> 1);
        }

        return last == 0 && firstRoot.SequenceEqual(older) && secondRoot.SequenceEqual(newer);
    }
}
