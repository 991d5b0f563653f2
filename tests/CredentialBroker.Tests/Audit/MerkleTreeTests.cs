using System.Security.Cryptography;
using CredentialBroker.Audit.Tree;
using CredentialBroker.Protocol.Evidence;

namespace CredentialBroker.Audit;

/// <summary>The tree against its definition (RFC 9162 section 2.1), written down once more in the plainest way.</summary>
public sealed class MerkleTreeTests
{
    private static readonly byte[][] Leaves = [.. Enumerable.Range(0, 70_000).Select(i => SHA256.HashData(BitConverter.GetBytes(i)))];

    [Fact]
    public void The_empty_tree_and_the_empty_leaf_are_the_documented_ones()
    {
        Assert.Equal("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", Convert.ToHexStringLower(MerkleTree.EmptyRoot));
        Assert.Equal("6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d", Convert.ToHexStringLower(MerkleTree.LeafHash([])));
        Assert.Equal(MerkleTree.EmptyRoot, new TreeFrontier().Root());
    }

    [Fact]
    public void A_frontier_has_the_root_of_the_definition_at_every_size()
    {
        var tree = new TreeFrontier();
        for (var size = 1; size <= 300; size++)
        {
            tree.Add(Leaves[size - 1]);
            Assert.Equal(Root(0, size), tree.Root());
        }
    }

    [Theory, InlineData(1), InlineData(255), InlineData(256), InlineData(257), InlineData(511), InlineData(513), InlineData(65_535), InlineData(65_536), InlineData(65_537), InlineData(70_000)]
    public void Rows_give_the_same_root_and_frontier_however_they_were_added(int size)
    {
        var hashes = Stored(size, [0, 1, 3, 255, 256, 300, 4000, 65_536]);
        Assert.Equal(Root(0, size), hashes.Of(TreeRanges.Whole(size)));
        Assert.Equal(Root(0, size), new TreeFrontier(size, [.. TreeRanges.Frontier(size).Select(hashes.Of)]).Root());
    }

    [Theory, InlineData(1), InlineData(2), InlineData(7), InlineData(8), InlineData(65), InlineData(300), InlineData(66_000)]
    public void Every_inclusion_proof_holds_for_its_leaf_and_place_and_no_other(int size)
    {
        var hashes = Stored(size, [size / 3]);
        var root = Root(0, size);
        foreach (var index in Enumerable.Range(0, size).Where(i => size < 100 || i % (size / 50) == 0 || i == size - 1))
        {
            var proof = TreeRanges.Inclusion(index, size).Select(hashes.Of).ToList();
            Assert.True(MerkleTree.VerifyInclusion(index, size, Leaves[index], proof, root));
            Assert.False(MerkleTree.VerifyInclusion(index, size, Leaves[index + 1], proof, root));
            Assert.False(MerkleTree.VerifyInclusion(size, size, Leaves[index], proof, root));
            Assert.False(MerkleTree.VerifyInclusion(index, size, Leaves[index], [.. proof, root], root));
            if (proof.Count == 0) continue;
            Assert.False(MerkleTree.VerifyInclusion(index ^ 1, size, Leaves[index], proof, root));
            Assert.False(MerkleTree.VerifyInclusion(index, size, Leaves[index], proof[1..], root));
            Assert.False(MerkleTree.VerifyInclusion(index, size, Leaves[index], [.. proof.Select((h, i) => i == proof.Count / 2 ? Leaves[^1] : h)], root));
        }
    }

    [Fact]
    public void Every_consistency_proof_holds_for_its_two_trees_and_no_other()
    {
        const int largest = 70;
        for (var second = 1; second <= largest; second++)
        {
            var hashes = Stored(second, []);
            for (var first = 0; first <= second; first++)
            {
                var proof = TreeRanges.Consistency(first, second).Select(hashes.Of).ToList();
                var (before, after) = (first == 0 ? MerkleTree.EmptyRoot : Root(0, first), Root(0, second));
                Assert.True(MerkleTree.VerifyConsistency(first, second, before, after, proof), $"{first} to {second}");
                // Every tree begins with the empty one, so that from there nothing is proven.
                Assert.False(MerkleTree.VerifyConsistency(first, second, before, Leaves[^1], proof) && first > 0);
                Assert.False(MerkleTree.VerifyConsistency(first, second, Leaves[^2], after, proof) && first > 0);
                Assert.False(MerkleTree.VerifyConsistency(first, second, before, after, [.. proof, Leaves[1]]));
            }
        }
    }

    /// <summary>MTH of the definition.</summary>
    private static byte[] Root(int begin, int end)
    {
        if (end - begin == 1) return Leaves[begin];
        var split = 1;
        while (split * 2 < end - begin) split *= 2;
        return SHA256.HashData([0x01, .. Root(begin, begin + split), .. Root(begin + split, end)]);
    }

    /// <summary>The tree as it is stored, added in parts that end at the given sizes.</summary>
    private static TreeHashes Stored(int size, int[] stops)
    {
        var rows = new Dictionary<(long Level, long Number), byte[]>();
        var at = 0;
        foreach (var stop in stops.Append(size).Where(stop => stop <= size).Order())
        {
            var edge = new List<byte[]>();
            for (var (level, left) = (0, at); left > 0; (level, left) = (level + 1, left >> 8)) edge.Add((left % 256) == 0 ? [] : rows[(level, left >> 8)]);
            var growth = new TreeGrowth(at, edge);
            for (; at < stop; at++) growth.Add(Leaves[at]);
            foreach (var (level, number, hashes) in growth.Changed()) rows[(level, number)] = hashes;
        }

        return new TreeHashes(rows);
    }
}
