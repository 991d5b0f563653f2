using System.Buffers;

namespace CredentialBroker.Approvals;

/// <summary>What an approval source states about the image that runs, having looked itself (R63).</summary>
/// <param name="Reference">The image as it was deployed, such as <c>registry.example/shop/checkout@sha256:…</c>.</param>
/// <param name="Verdict"><c>verified</c>, <c>failed</c> or <c>unsigned</c>: its signature or attestation.</param>
/// <param name="Issuer">Who vouched for the signer's identity; only when verified.</param>
/// <param name="Subject">The signer's identity; only when verified.</param>
internal sealed record ImageFacts(string Reference, string Verdict, string? Issuer = null, string? Subject = null)
{
    public const string Verified = "verified";

    private const string Pin = "@sha256:";

    private static readonly SearchValues<char> Hexadecimal = SearchValues.Create("0123456789abcdef");

    /// <summary>The content that the reference can only ever mean, such as <c>sha256:…</c>; null for a tag, which can be moved.</summary>
    public string? Digest => Reference.LastIndexOf(Pin, StringComparison.Ordinal) is > 0 and var at
        && Reference.AsSpan(at + Pin.Length) is { Length: 64 } digest && !digest.ContainsAnyExcept(Hexadecimal) ? Reference[(at + 1)..] : null;

    public static bool IsDigest(string text) => text.StartsWith(Pin[1..], StringComparison.Ordinal) && text.AsSpan(Pin.Length - 1) is { Length: 64 } digest && !digest.ContainsAnyExcept(Hexadecimal);

    public bool IsPinned => Digest is not null;

    /// <summary>The signer as templates name one: issuer, a space, subject. Null unless verified.</summary>
    public string? Signer => Verdict == Verified && Issuer is not null && Subject is not null ? $"{Issuer} {Subject}" : null;
}
