using System.Buffers;
using System.Globalization;
using System.Text;

namespace CredentialBroker.Attestation;

internal static class UriSegment
{
    // RFC 3986 pchar without the quote and the asterisk: "*" is a template's wildcard and never part of a proven name.
    private static readonly SearchValues<char> AsIs =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&()+,;=:@");

    /// <summary>The text as exactly one segment of a workload URI; two texts never give the same segment.</summary>
    internal static string Of(string text)
    {
        if (text is "." or "..")
        {
            return text.Replace(".", "%2E", StringComparison.Ordinal);
        }

        var segment = new StringBuilder(text.Length);
        foreach (var octet in Encoding.UTF8.GetBytes(text))
        {
            _ = AsIs.Contains((char)octet)
                ? segment.Append((char)octet)
                : segment.Append(CultureInfo.InvariantCulture, $"%{octet:X2}");
        }

        return segment.ToString();
    }
}
