using System.Runtime.InteropServices;

namespace CredentialBroker.Protocol.Evidence;

/// <summary>
/// What is known of the chains while their records pass by, chain by chain or with chains among each other: each chain
/// goes on where it stood, and begins after the record that its genesis names.
/// </summary>
internal sealed class ChainWalk
{
    private readonly Dictionary<long, Head> _heads = [];
    private Head? _newest;

    public long Chains => _heads.Count;

    /// <summary>Says where a chain stood before the first record that will pass by.</summary>
    public void Resume(long chain, long seq, byte[] hash)
    {
        var head = new Head(chain, seq);
        head.Move(seq, hash, keep: true);
        _heads.Add(chain, head);
        if (_newest is null || chain > _newest.Chain) _newest = head;
    }

    /// <summary>Why a record may not stand here, or null.</summary>
    public string? Place(long chain, long seq)
    {
        if (_heads.TryGetValue(chain, out var head))
        {
            if (seq == head.Last.Seq + 1) return null;
            return seq > head.Last.Seq
                ? $"chain {chain} record {head.Last.Seq + 1}: missing (next is {seq})"
                : $"{Name(chain, seq)}: stands after record {head.Last.Seq}: records are not in order";
        }

        if (_newest is not null && chain < _newest.Chain) return $"{Name(chain, seq)}: stands after chain {_newest.Chain}: records are not in order";
        return seq == 0 ? null : $"{Name(chain, seq)}: the chain does not begin with record 0: earlier records are missing";
    }

    /// <summary>Hash of the chain's newest record so far.</summary>
    public ReadOnlySpan<byte> Previous(long chain) => _heads.TryGetValue(chain, out var head) ? head.Hash : new byte[MerkleTree.HashSize];

    /// <summary>Takes a record that stands where it may and whose hash is right.</summary>
    /// <param name="chain">Its chain.</param>
    /// <param name="seq">Its place.</param>
    /// <param name="hash">Its hash.</param>
    /// <param name="genesis">Reads what it says, when it is the first of its chain.</param>
    /// <returns>What is wrong with the beginning of its chain, or null.</returns>
    public string? Take(long chain, long seq, ReadOnlySpan<byte> hash, Func<ChainStart?> genesis)
    {
        if (!_heads.TryGetValue(chain, out var head))
        {
            if (Begin(chain, genesis()) is { } problem) return problem;
            head = new Head(chain, 0);
            // A chain that has a successor is not named by another one.
            _newest?.Forget();
            _newest = head;
            _heads.Add(chain, head);
        }

        head.Move(seq, hash, keep: head == _newest);
        return null;
    }

    public static string Name(long chain, long seq) => $"chain {chain} record {seq}";

    /// <summary>The genesis names the newest record of the chain before it; that one must have been seen as named.</summary>
    private string? Begin(long chain, ChainStart? start)
    {
        var where = Name(chain, 0);
        if (start is null) return $"{where}: is the first of its chain but does not name a chain";
        if (start.Chain != chain) return $"{where}: its genesis is of chain {start.Chain}";
        if (start.Predecessor is not { } before)
        {
            return _newest is null ? null : $"{where}: names no predecessor although chain {_newest.Chain} stands before it";
        }

        // An export that begins later in the history has nothing to compare its first chain with.
        if (_newest is null) return null;
        if (before.Chain != _newest.Chain) return $"{where}: names chain {before.Chain} as predecessor, but chain {_newest.Chain} stands before it";
        if (_newest.Last.Seq < before.Seq) return $"{Name(before.Chain, before.Seq)}: missing at the end of its chain (chain {chain} names it)";
        return _newest.Is(before.Seq, before.Hash) ? null : $"{Name(before.Chain, before.Seq)}: is not the one that chain {chain} was begun after";
    }

    /// <param name="chain">Number of the chain.</param>
    /// <param name="first">First record whose hash is kept.</param>
    private sealed class Head(long chain, long first)
    {
        public long Chain => chain;

        public List<byte> Hashes { get; } = [];

        public (long Seq, int At) Last = (-1, 0);

        public ReadOnlySpan<byte> Hash => CollectionsMarshal.AsSpan(Hashes).Slice(Last.At, MerkleTree.HashSize);

        public void Move(long seq, ReadOnlySpan<byte> hash, bool keep)
        {
            if (!keep) Hashes.Clear();
            Last = (seq, Hashes.Count);
            Hashes.AddRange(hash);
        }

        public void Forget()
        {
            Hashes.RemoveRange(0, Last.At);
            Last.At = 0;
        }

        /// <summary>What came before the first record that passed by cannot be told.</summary>
        public bool Is(long seq, string? hash) => seq < first
            || Convert.ToHexStringLower(CollectionsMarshal.AsSpan(Hashes).Slice(checked((int)(seq - first) * MerkleTree.HashSize), MerkleTree.HashSize)) == hash;
    }
}
