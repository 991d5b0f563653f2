using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;

namespace CredentialBroker.Protocol;

/// <summary>
/// Identifiers: 26 characters of lower-case base32 over a UUIDv7 (RFC 9562 section 5.7), so that they sort by the
/// millisecond they were made in and are safe in file names, SQL role names and cloud session names.
/// </summary>
public static class Ids
{
    /// <summary>Length of every identifier, in characters.</summary>
    public const int Length = 26;

    private const string Alphabet = "0123456789abcdefghjkmnpqrstvwxyz";
    private static readonly SearchValues<char> Allowed = SearchValues.Create(Alphabet);

    [ThreadStatic]
    private static byte[]? _pool;

    [ThreadStatic]
    private static int _left;

    /// <summary>Makes a new identifier from the given clock and 74 random bits.</summary>
    public static string New(TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(clock);
        Span<byte> bytes = stackalloc byte[16];
        Drawn(10).CopyTo(bytes[6..]);
        Span<byte> time = stackalloc byte[8];
        BinaryPrimitives.WriteInt64BigEndian(time, clock.GetUtcNow().ToUnixTimeMilliseconds());
        time[2..].CopyTo(bytes);
        bytes[6] = (byte)((bytes[6] & 0x0F) | 0x70);
        bytes[8] = (byte)((bytes[8] & 0x3F) | 0x80);
        return Encode(BinaryPrimitives.ReadUInt128BigEndian(bytes));
    }

    /// <summary>True when the text has the length and alphabet of an identifier made by <see cref="New"/>.</summary>
    public static bool IsWellFormed(string? text) =>
        text is { Length: Length } && !text.AsSpan().ContainsAnyExcept(Allowed);

    /// <summary>When an identifier was made, in UTC milliseconds.</summary>
    /// <param name="id">A well-formed identifier.</param>
    public static long MillisecondsOf(string id)
    {
        if (!IsWellFormed(id)) throw new ArgumentException("no identifier", nameof(id));
        var value = UInt128.Zero;
        foreach (var c in id) value = (value << 5) | (uint)Alphabet.IndexOf(c, StringComparison.Ordinal);
        return (long)(value >> 80);
    }

    /// <summary>The least text that an identifier made at this time may be.</summary>
    /// <param name="milliseconds">UTC milliseconds.</param>
    public static string FirstOf(long milliseconds) => Encode((UInt128)(ulong)Math.Max(0, milliseconds) << 80);

    /// <summary>Random bytes, drawn by the kilobyte: a claim makes half a dozen identifiers, and each draw is a call of its own.</summary>
    private static ReadOnlySpan<byte> Drawn(int count)
    {
        var pool = _pool ??= new byte[1024];
        if (_left < count)
        {
            RandomNumberGenerator.Fill(pool);
            _left = pool.Length;
        }

        _left -= count;
        return pool.AsSpan(_left, count);
    }

    private static string Encode(UInt128 value) => string.Create(Length, value, static (chars, rest) =>
    {
        for (var i = chars.Length - 1; i >= 0; i--)
        {
            chars[i] = Alphabet[(int)(rest & 31)];
            rest >>= 5;
        }
    });
}
