namespace CredentialBroker.Attestation;

/// <summary>Names as RFC 1123 forms them, which are safe wherever a name can stand.</summary>
internal static class DnsNames
{
    internal static bool Label(string text) => IsLabel(text) && text.Length <= 63;

    internal static bool Subdomain(string text) => text.Length is > 0 and <= 253 && text.Split('.').All(IsLabel);

    private static bool IsLabel(string text) =>
        text.Length > 0 && text[0] != '-' && text[^1] != '-' && text.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-');
}
