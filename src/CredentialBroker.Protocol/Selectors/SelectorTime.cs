using System.Globalization;

namespace CredentialBroker.Protocol.Selectors;

/// <summary>Times in selectors: RFC 3339 with an offset, or integer UTC milliseconds.</summary>
public static class SelectorTime
{
    private static readonly string[] Formats =
        ["yyyy-MM-dd'T'HH:mm:ss'Z'", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", "yyyy-MM-dd'T'HH:mm:sszzz", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFzzz"];

    private static readonly long Last = DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();

    /// <summary>Reads a time as UTC milliseconds; false when the text is none.</summary>
    public static bool TryParse(string? text, out long ms)
    {
        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ms)) return ms <= Last;
        var isTime = DateTimeOffset.TryParseExact(
            text, Formats, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time);
        ms = isTime ? time.ToUnixTimeMilliseconds() : 0;
        return isTime;
    }
}
