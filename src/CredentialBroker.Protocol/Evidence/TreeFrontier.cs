using System.Numerics;

namespace CredentialBroker.Protocol.Evidence;

/// <summary>
/// The right edge of a growing tree: the roots of the perfect subtrees that the size's binary digits stand for, largest
/// first. It is all that is needed to go on adding leaves, also where the leaves themselves are no longer at hand.
/// </summary>
public sealed class TreeFrontier
{
    private readonly byte[][] _levels = new byte[63][];

    /// <summary>Of a tree without leaves.</summary>
    public TreeFrontier()
    {
    }

    /// <summary>Of a tree of the given size.</summary>
    /// <param name="size">Number of leaves.</param>
    /// <param name="hashes">Roots of its perfect subtrees, largest first.</param>
    /// <exception cref="InvalidDataException">Not as many hashes, or not of the length, that the size asks for.</exception>
    public TreeFrontier(long size, IReadOnlyList<byte[]> hashes)
    {
        ArgumentNullException.ThrowIfNull(hashes);
        if (size < 0 || hashes.Count != BitOperations.PopCount((ulong)size) || hashes.Any(hash => hash.Length != MerkleTree.HashSize))
        {
            throw new InvalidDataException($"a tree of {size} leaves has another frontier");
        }

        Size = size;
        var next = hashes.Count;
        for (var level = 0; level < _levels.Length; level++)
        {
            if ((size >> level & 1) == 1) _levels[level] = [.. hashes[--next]];
        }
    }

    /// <summary>Number of leaves.</summary>
    public long Size { get; private set; }

    /// <summary>Adds a leaf by its hash.</summary>
    public void Add(ReadOnlySpan<byte> leaf)
    {
        Span<byte> hash = stackalloc byte[MerkleTree.HashSize];
        leaf.CopyTo(hash);
        var level = 0;
        for (; (Size >> level & 1) == 1; level++) MerkleTree.NodeHash(_levels[level], hash, hash);
        _levels[level] ??= new byte[MerkleTree.HashSize];
        hash.CopyTo(_levels[level]);
        Size++;
    }

    /// <summary>Root of the tree as it is now.</summary>
    public byte[] Root()
    {
        byte[]? root = null;
        for (var level = 0; level < _levels.Length; level++)
        {
            if ((Size >> level & 1) == 0) continue;
            root = root is null ? [.. _levels[level]] : MerkleTree.NodeHash(_levels[level], root);
        }

        return root ?? MerkleTree.EmptyRoot;
    }
}
