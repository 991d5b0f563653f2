using System.Buffers.Text;
using System.Collections.Concurrent;
using System.IO.Compression;
using CredentialBroker.Backends.SignedToken;
using CredentialBroker.Issuer;
using CredentialBroker.Leases;
using CredentialBroker.Storage;

namespace CredentialBroker.Revocation;

/// <summary>
/// The status lists of the workload issuer (draft-ietf-oauth-status-list): one bit per token, set when its lease ended
/// before it expires. Made from the ended leases in one reading; a list is packed and signed when it is asked for.
/// </summary>
internal sealed class StatusLists
{
    /// <summary>How long a verifier may go by a list, in seconds.</summary>
    public const int TtlSeconds = 15;

    public const string Type = "statuslist+jwt";

    /// <summary>A list that nobody could fetch anew is not to be believed for longer, in seconds.</summary>
    private const int LifeSeconds = 4 * TtlSeconds;

    private static readonly byte[] Untouched = new byte[StatusIndexes.ShardSize / 8];

    private readonly LeaseStore _leases;
    private readonly StatusBlocks _blocks;
    private readonly KeyRings _rings;
    private readonly TimeProvider _clock;
    private readonly Published<Lists> _published;

    public StatusLists(LeaseStore leases, StatusBlocks blocks, KeyRings rings, DueSignal due, TimeProvider clock)
    {
        (_leases, _blocks, _rings, _clock) = (leases, blocks, rings, clock);
        _published = new Published<Lists>(MakeAsync, clock);
        due.Listen(_published.Changed);
    }

    /// <summary>The signed list; null where no token has its place in it.</summary>
    public async ValueTask<string?> ReadAsync(long shard, CancellationToken cancel)
    {
        var lists = await _published.ReadAsync(cancel);
        return shard >= 0 && shard < lists.Count ? lists.Signed.GetOrAdd(shard, Sign, lists) : null;
    }

    private async Task<Lists> MakeAsync(Lists? before, CancellationToken cancel)
    {
        var now = _clock.NowMs();
        var bits = new Dictionary<long, byte[]>();
        foreach (var (handle, _) in await _leases.EndedEarlyAsync(SignedTokenBackend.Word, now, cancel))
        {
            if (SignedTokenBackend.StatusIndexOf(handle) is not { } index) continue;
            var (shard, place) = Math.DivRem(index, StatusIndexes.ShardSize);
            if (!bits.TryGetValue(shard, out var list)) bits[shard] = list = new byte[StatusIndexes.ShardSize / 8];
            // The lowest bit of the first byte is the first token's.
            list[place / 8] |= (byte)(1 << (int)(place % 8));
        }

        return new Lists(await _blocks.ShardsAsync(cancel), bits, now / 1000, new ConcurrentDictionary<long, string>());
    }

    private string Sign(long shard, Lists lists)
    {
        var packed = Pack(lists.Bits.GetValueOrDefault(shard, Untouched));
        return TokenWriter.Write(_rings.StatusList, json =>
        {
            json.WriteString("iss"u8, _rings.StatusList.Issuer);
            json.WriteString("sub"u8, StatusIndexes.ListOf(_rings.Workload.Issuer, shard));
            json.WriteNumber("iat"u8, lists.MadeAt);
            json.WriteNumber("exp"u8, lists.MadeAt + LifeSeconds);
            json.WriteNumber("ttl"u8, TtlSeconds);
            json.WriteStartObject("status_list"u8);
            json.WriteNumber("bits"u8, 1);
            json.WriteString("lst"u8, Base64Url.EncodeToString(packed));
            json.WriteEndObject();
        }, Type);
    }

    /// <summary>DEFLATE in the ZLIB format (RFC 1950).</summary>
    private static byte[] Pack(byte[] bits)
    {
        using var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.Optimal, leaveOpen: true)) zlib.Write(bits);
        return packed.ToArray();
    }

    /// <param name="Count">Lists that have a place which was handed out.</param>
    /// <param name="Bits">Lists in which any bit is set.</param>
    /// <param name="MadeAt">Seconds since 1970.</param>
    private sealed record Lists(long Count, IReadOnlyDictionary<long, byte[]> Bits, long MadeAt, ConcurrentDictionary<long, string> Signed);
}
