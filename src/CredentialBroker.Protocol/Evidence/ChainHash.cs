using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace CredentialBroker.Protocol.Evidence;

/// <summary>
/// The hash that chains audit records: SHA-256 over a domain byte, the previous hash, the sequence number and the
/// record's bytes exactly as stored. The first record of a chain names the chain, and its previous hash is all zero.
/// </summary>
public static class ChainHash
{
    private const int Prefix = 1 + MerkleTree.HashSize + 8;

    /// <summary>Previous hash of a chain's first record.</summary>
    public static string Zero { get; } = new('0', 64);

    /// <summary>Hash of one record, in lower-case hexadecimal.</summary>
    /// <param name="previous">Hash of the record before it, 64 hexadecimal characters.</param>
    /// <param name="sequence">Its place in the chain, from 0.</param>
    /// <param name="body">The record as stored.</param>
    public static string Of(string previous, long sequence, string body)
    {
        ArgumentNullException.ThrowIfNull(body);
        Span<byte> hash = stackalloc byte[MerkleTree.HashSize];
        Of(Convert.FromHexString(previous), sequence, Encoding.UTF8.GetBytes(body), hash);
        return Convert.ToHexStringLower(hash);
    }

    /// <summary>Hash of one record, in bytes.</summary>
    /// <param name="previous">Hash of the record before it.</param>
    /// <param name="sequence">Its place in the chain, from 0.</param>
    /// <param name="body">The record as stored, UTF-8.</param>
    /// <param name="hash">Where the hash goes.</param>
    public static void Of(ReadOnlySpan<byte> previous, long sequence, ReadOnlySpan<byte> body, Span<byte> hash)
    {
        var bytes = ArrayPool<byte>.Shared.Rent(Prefix + body.Length);
        bytes[0] = 0x02;
        previous.CopyTo(bytes.AsSpan(1));
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(1 + MerkleTree.HashSize), sequence);
        body.CopyTo(bytes.AsSpan(Prefix));
        SHA256.HashData(bytes.AsSpan(0, Prefix + body.Length), hash);
        ArrayPool<byte>.Shared.Return(bytes);
    }
}
