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
    /// <summary>Previous hash of a chain's first record.</summary>
    public static string Zero { get; } = new('0', 64);

    /// <summary>Hash of one record, in lower-case hexadecimal.</summary>
    /// <param name="previous">Hash of the record before it, 64 hexadecimal characters.</param>
    /// <param name="sequence">Its place in the chain, from 0.</param>
    /// <param name="body">The record as stored.</param>
    public static string Of(string previous, long sequence, string body)
    {
        ArgumentNullException.ThrowIfNull(body);
        var size = Encoding.UTF8.GetByteCount(body);
        var bytes = new byte[1 + 32 + 8 + size];
        bytes[0] = 0x02;
        Convert.FromHexString(previous).CopyTo(bytes.AsSpan(1));
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(33), sequence);
        Encoding.UTF8.GetBytes(body, bytes.AsSpan(41));
        return Convert.ToHexStringLower(SHA256.HashData(bytes));
    }
}
