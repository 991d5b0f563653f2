using System.Text.Json;
using CredentialBroker.Storage;

namespace CredentialBroker.Issuer;

/// <summary>
/// Hands out the places of tokens in the issuer's status lists (draft-ietf-oauth-status-list). A replica takes a block
/// of them at a time, so that issuing writes nothing more; what a block has left when its process ends is never used.
/// </summary>
/// <param name="takeBlock">Takes the next block for this replica; its number is nobody else's.</param>
internal sealed class StatusIndexes(Func<CancellationToken, Task<long>> takeBlock)
{
    /// <summary>Tokens in one list.</summary>
    public const int ShardSize = 1 << 17;

    /// <summary>Indexes that a replica takes at a time; a divisor of <see cref="ShardSize"/>.</summary>
    public const int BlockSize = 4096;

    private readonly Turns _turns = new(1);
    private Block _block = new(0, 0);

    public async ValueTask<long> NextAsync(CancellationToken cancel)
    {
        while (true)
        {
            var block = Volatile.Read(ref _block);
            if (block.TryTake() is { } index) return index;
            using var turn = await _turns.TakeAsync(cancel);
            if (block == Volatile.Read(ref _block)) Volatile.Write(ref _block, new Block(await takeBlock(cancel) * BlockSize, BlockSize));
        }
    }

    public static string ListOf(string issuer, long shard) => string.Create(null, $"{issuer}{IssuerDocuments.StatusPath}{shard}");

    /// <summary>The claim <c>status</c> that refers a verifier to its list and place.</summary>
    public static void WriteReference(Utf8JsonWriter json, string issuer, long index)
    {
        json.WriteStartObject("status"u8);
        json.WriteStartObject("status_list"u8);
        json.WriteNumber("idx"u8, index % ShardSize);
        json.WriteString("uri"u8, ListOf(issuer, index / ShardSize));
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private sealed class Block(long first, int count)
    {
        private int _taken;

        public long? TryTake() => Interlocked.Increment(ref _taken) is var taken && taken <= count ? first + taken - 1 : null;
    }
}
