using System.Runtime.InteropServices;

namespace CredentialBroker.Protocol.Evidence;

/// <summary>One exported audit record: a line of an export file, and what <c>GET /v1/audit</c> streams.</summary>
/// <param name="Chain">Number of the chain: one per process start.</param>
/// <param name="Seq">Place in the chain, from 0.</param>
/// <param name="Hash">Chain hash, see <see cref="ChainHash"/>.</param>
/// <param name="Body">The record exactly as it was hashed, a JSON text.</param>
public sealed record AuditLine(long Chain, long Seq, string Hash, string Body);

/// <summary>What verification found.</summary>
/// <param name="Records">Records read.</param>
/// <param name="Chains">Chains seen.</param>
/// <param name="Problem">The first thing wrong, naming the record; null when everything holds.</param>
public sealed record ChainVerdict(long Records, long Chains, string? Problem = null);

/// <summary>
/// Recomputes audit chains offline. Records come ordered by chain and sequence. A changed, missing or moved record is
/// named; so is a chain whose predecessor lacks the record that its genesis names.
/// </summary>
public static class ChainVerifier
{
    /// <summary>Verifies a whole export.</summary>
    public static async Task<ChainVerdict> VerifyAsync(IAsyncEnumerable<AuditLine> lines, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(lines);
        var walk = new Walk();
        await foreach (var line in lines.WithCancellation(cancel))
        {
            if (walk.Take(line) is { } problem) return new ChainVerdict(walk.Records, walk.Chains, problem);
        }

        return new ChainVerdict(walk.Records, walk.Chains, null);
    }

    private sealed class Walk
    {
        private readonly List<byte> _hashes = [];
        private AuditLine? _last;

        public long Records { get; private set; }

        public long Chains { get; private set; }

        public string? Take(AuditLine line)
        {
            Records++;
            var where = $"chain {line.Chain} record {line.Seq}";
            var starts = _last?.Chain != line.Chain;
            if (starts)
            {
                if (_last is not null && line.Chain < _last.Chain) return $"{where}: stands after chain {_last.Chain}: records are not in order";
                if (line.Seq != 0) return $"{where}: the chain does not begin with record 0: earlier records are missing";
                Chains++;
            }
            else if (line.Seq != _last!.Seq + 1)
            {
                return line.Seq > _last.Seq
                    ? $"chain {line.Chain} record {_last.Seq + 1}: missing (next is {line.Seq})"
                    : $"{where}: stands after record {_last.Seq}: records are not in order";
            }

            string previous = starts ? ChainHash.Zero : _last!.Hash;
            if (ChainHash.Of(previous, line.Seq, line.Body) != line.Hash) return $"{where}: its hash does not match its content and place";
            if (starts && Genesis(line, where) is { } problem) return problem;
            if (starts) _hashes.Clear();
            _hashes.AddRange(Convert.FromHexString(line.Hash));
            _last = line;
            return null;
        }

        /// <summary>The genesis names the newest record of the chain before it; that one must have been seen as named.</summary>
        private string? Genesis(AuditLine line, string where)
        {
            if (ChainStart.Read(line.Body) is not { } start) return $"{where}: is the first of its chain but does not name a chain";
            if (start.Chain != line.Chain) return $"{where}: its genesis is of chain {start.Chain}";
            if (start.Predecessor is not { } before)
            {
                return _last is null ? null : $"{where}: names no predecessor although chain {_last.Chain} stands before it";
            }

            // An export that begins later in the history has nothing to compare its first chain with.
            if (_last is null) return null;
            if (before.Chain != _last.Chain) return $"{where}: names chain {before.Chain} as predecessor, but chain {_last.Chain} stands before it";
            if (_last.Seq < before.Seq) return $"chain {before.Chain} record {before.Seq}: missing at the end of its chain (chain {line.Chain} names it)";
            return HashAt(before.Seq) == before.Hash ? null : $"chain {before.Chain} record {before.Seq}: is not the one that chain {line.Chain} was begun after";
        }

        private string HashAt(long seq) => Convert.ToHexStringLower(CollectionsMarshal.AsSpan(_hashes).Slice(checked((int)seq * 32), 32));
    }
}
