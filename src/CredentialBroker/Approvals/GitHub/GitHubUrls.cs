using System.Globalization;

namespace CredentialBroker.Approvals.GitHub;

/// <summary>Of a URL in GitHub's documents only an id is ever read; it is never asked.</summary>
internal static class GitHubUrls
{
    /// <summary>The id at the end of a URL, which is all that is ever read of one.</summary>
    public static long? IdAfter(this string? url, string marker)
    {
        if (url?.LastIndexOf(marker, StringComparison.Ordinal) is not (>= 0 and var at)) return null;
        var rest = url.AsSpan(at + marker.Length);
        var end = rest.IndexOf('/');
        var digits = end < 0 ? rest : rest[..end];
        return digits.Length is > 0 and <= 18 && !digits.ContainsAnyExceptInRange('0', '9') ? long.Parse(digits, CultureInfo.InvariantCulture) : null;
    }
}
