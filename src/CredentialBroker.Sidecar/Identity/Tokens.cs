namespace CredentialBroker.Sidecar.Identity;

/// <summary>What a token may look like, wherever it comes from.</summary>
internal static class Tokens
{
    /// <summary>In characters; no platform's tokens come near.</summary>
    public const int Longest = 64 * 1024;

    public static Proof.Token Read(string? text, string from)
    {
        text = text?.Trim();
        return text is { Length: > 0 and <= Longest } && text.All(c => c is > ' ' and <= '~')
            ? new Proof.Token(text)
            : throw new IdentityException($"{from} does not hold one token");
    }
}
