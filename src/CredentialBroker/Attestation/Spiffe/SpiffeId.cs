namespace CredentialBroker.Attestation;

/// <summary>
/// A SPIFFE ID of a workload (SPIFFE-ID sections 2.1 to 2.4): read by characters and never by a URI parser, which would
/// mend what has to be refused.
/// </summary>
/// <param name="TrustDomain">Lower-case name of the trust domain.</param>
/// <param name="Path">Path with its leading slash.</param>
internal sealed record SpiffeId(string TrustDomain, string Path)
{
    internal const int MaxLength = 2048;
    internal const int MaxTrustDomainLength = 255;
    private const string Scheme = "spiffe://";

    /// <summary>The ID; null for anything else, also for the bare name of a trust domain.</summary>
    internal static SpiffeId? Parse(string text)
    {
        if (text.Length > MaxLength || DomainOf(text) is not { } domain || !IsTrustDomain(domain))
        {
            return null;
        }

        var path = text[(Scheme.Length + domain.Length)..];
        return path.Length > 0 && path[1..].Split('/').All(IsSegment) ? new SpiffeId(domain, path) : null;
    }

    /// <summary>What stands where the trust domain stands, unjudged; null where the text is of another scheme.</summary>
    internal static string? DomainOf(string text)
    {
        if (!text.StartsWith(Scheme, StringComparison.Ordinal))
        {
            return null;
        }

        var end = text.IndexOf('/', Scheme.Length);
        return end < 0 ? text[Scheme.Length..] : text[Scheme.Length..end];
    }

    internal static bool IsTrustDomain(string text) =>
        text.Length is > 0 and <= MaxTrustDomainLength && text.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '.' or '-' or '_');

    public override string ToString() => Scheme + TrustDomain + Path;

    private static bool IsSegment(string text) =>
        text.Length > 0 && text is not ("." or "..") && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_');
}
