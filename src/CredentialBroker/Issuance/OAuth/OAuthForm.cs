using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using CredentialBroker.Hosting;

namespace CredentialBroker.Issuance.OAuth;

/// <summary>
/// The parameters of an OAuth request (RFC 6749 section 3.2): form-encoded, each at most once. One without a value counts
/// as left out; one that nobody here knows means nothing.
/// </summary>
internal sealed partial class OAuthForm
{
    /// <summary>Two tokens of the longest kind, and room for the rest.</summary>
    private const int Limit = 40 * 1024;

    private const int MostParameters = 32;

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);

    private OAuthForm() { }

    /// <summary>Hash of these very bytes stands for the request.</summary>
    public required byte[] Body { get; init; }

    public string? this[string name] => _values.TryGetValue(name, out var value) && value.Length > 0 ? value : null;

    /// <exception cref="BadHttpRequestException">It is no such form, or says something twice.</exception>
    public static async Task<OAuthForm> ReadAsync(HttpRequest request, CancellationToken cancel)
    {
        Bodies.Require(request, "application/x-www-form-urlencoded");
        var form = new OAuthForm { Body = await Bodies.ReadAsync(request, Limit, cancel) };
        string text;
        try
        {
            text = Strict.GetString(form.Body);
        }
        catch (DecoderFallbackException error)
        {
            throw new BadHttpRequestException("the form is not UTF-8", error);
        }

        var pairs = text.Split('&', StringSplitOptions.RemoveEmptyEntries);
        if (pairs.Length > MostParameters) throw new BadHttpRequestException($"the form has more than {MostParameters} parameters");
        foreach (var pair in pairs)
        {
            var equals = pair.IndexOf('=', StringComparison.Ordinal);
            if (equals < 1) throw new BadHttpRequestException("the form has a part that is no name=value");
            if (!form._values.TryAdd(Decode(pair[..equals]), Decode(pair[(equals + 1)..]))) throw new BadHttpRequestException("the form has a parameter twice");
        }

        return form;
    }

    private static string Decode(string encoded)
    {
        var decoded = BrokenEscape().IsMatch(encoded) ? null : WebUtility.UrlDecode(encoded);
        // A replacement character stands for escaped bytes that are not UTF-8.
        return decoded is not null && !decoded.Contains('\uFFFD', StringComparison.Ordinal) && !decoded.Any(char.IsControl)
            ? decoded
            : throw new BadHttpRequestException("the form has an escape that stands for no character, or for a control character");
    }

    [GeneratedRegex("%(?![0-9A-Fa-f]{2})", RegexOptions.CultureInvariant)]
    private static partial Regex BrokenEscape();
}
