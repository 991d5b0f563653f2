using System.Text;

namespace CredentialBroker.Protocol.Evidence;

/// <summary>One audit record as it is exported: a line of an export file, and what <c>GET /v1/audit</c> streams.</summary>
/// <param name="Chain">Number of the chain: one per process start.</param>
/// <param name="Seq">Place in the chain, from 0.</param>
/// <param name="Hash">Chain hash, see <see cref="ChainHash"/>.</param>
/// <param name="Body">The record exactly as it was hashed, a JSON text.</param>
public sealed record AuditLine(long Chain, long Seq, string Hash, string Body);

/// <summary>What verification found.</summary>
/// <param name="Records">Records read.</param>
/// <param name="Chains">Chains seen.</param>
/// <param name="Problem">The first thing wrong, naming the record; null when everything holds.</param>
/// <param name="Size">Size of the largest checkpoint that the records agree with; null without one.</param>
/// <param name="SignatureChecked">Whether that checkpoint bears a signature of a key that was given.</param>
/// <param name="Unchecked">Checkpoints kept elsewhere that are older than the first record, so that nothing can be said about them.</param>
/// <param name="Newest">The last record of an export.</param>
public sealed record ChainVerdict(long Records, long Chains, string? Problem = null, long? Size = null, bool SignatureChecked = false, int Unchecked = 0, ChainHead? Newest = null);

/// <summary>
/// Recomputes audit chains offline. Records come ordered by chain and sequence. A changed, missing or moved record is
/// named; so is a chain whose predecessor lacks the record that its genesis names.
/// </summary>
public static class ChainVerifier
{
    /// <summary>Verifies records one after the other.</summary>
    public static async Task<ChainVerdict> VerifyAsync(IAsyncEnumerable<AuditLine> lines, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(lines);
        var walk = new ChainWalk();
        var (records, last) = (0L, long.MinValue);
        await foreach (var line in lines.WithCancellation(cancel))
        {
            records++;
            var problem = line.Chain < last
                ? $"{ChainWalk.Name(line.Chain, line.Seq)}: stands after chain {last}: records are not in order"
                : walk.Place(line.Chain, line.Seq) ?? Take(walk, line);
            if (problem is not null) return new ChainVerdict(records, walk.Chains, problem);
            last = line.Chain;
        }

        return new ChainVerdict(records, walk.Chains);
    }

    private static string? Take(ChainWalk walk, AuditLine line)
    {
        Span<byte> hash = stackalloc byte[MerkleTree.HashSize];
        ChainHash.Of(walk.Previous(line.Chain), line.Seq, Encoding.UTF8.GetBytes(line.Body), hash);
        return Convert.ToHexStringLower(hash) == line.Hash
            ? walk.Take(line.Chain, line.Seq, hash, () => ChainStart.Read(Encoding.UTF8.GetBytes(line.Body)))
            : $"{ChainWalk.Name(line.Chain, line.Seq)}: its hash does not match its content and place";
    }
}
