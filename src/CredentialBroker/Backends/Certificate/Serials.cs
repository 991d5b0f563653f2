using System.Globalization;
using System.Security.Cryptography;

namespace CredentialBroker.Backends.Certificate;

/// <summary>One certificate of a lease, as its handle keeps it.</summary>
/// <param name="Number">Serial number in lower-case hexadecimal.</param>
/// <param name="NotAfter">Its own end, UTC milliseconds.</param>
/// <param name="Authority">Name of the authority that signed it; null in a handle of a version that knew but one.</param>
internal sealed record Serial(string Number, long NotAfter, string? Authority);

/// <summary>The serials of a lease's certificates that are not past their end.</summary>
internal static class Serials
{
    private const int Bytes = 16;

    /// <summary>128 bits, random but for the two highest: positive, and of one length (RFC 5280 section 4.1.2.2).</summary>
    public static byte[] New()
    {
        var serial = RandomNumberGenerator.GetBytes(Bytes);
        serial[0] = (byte)((serial[0] & 0x3F) | 0x40);
        return serial;
    }

    public static string Write(IEnumerable<Serial> serials) =>
        string.Join(' ', serials.Select(serial => string.Create(CultureInfo.InvariantCulture, $"{serial.Number}@{serial.NotAfter}") + (serial.Authority is { } authority ? $"@{authority}" : "")));

    /// <summary>Those that live at the given time; null when the text is none that was written here.</summary>
    public static IReadOnlyList<Serial>? Read(string text, long now)
    {
        var living = new List<Serial>();
        foreach (var part in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (part.Split('@') is not [{ Length: 2 * Bytes } number, var end, .. { Length: <= 1 } authority] || !number.All(char.IsAsciiHexDigitLower)
                || !long.TryParse(end, NumberStyles.None, CultureInfo.InvariantCulture, out var notAfter)) return null;
            if (notAfter > now) living.Add(new Serial(number, notAfter, authority is [var name] ? name : null));
        }

        return living;
    }
}
