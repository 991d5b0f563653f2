using System.Text.Json;

namespace CredentialBroker.Attestation;

/// <summary>What reading a token gave: its verified content, or the refusal.</summary>
internal abstract record TokenReading
{
    private TokenReading() { }

    /// <param name="Claims">The verified payload.</param>
    /// <param name="Payload">The same payload, byte for byte as it was signed.</param>
    /// <param name="Header">Algorithm, key id and type of the token.</param>
    /// <param name="ExpiresAt">Its <c>exp</c> in UTC milliseconds.</param>
    /// <param name="Digest">Base64url SHA-256 of the signed part.</param>
    internal sealed record Valid(JsonElement Claims, ReadOnlyMemory<byte> Payload, JoseHeader Header, long ExpiresAt, string Digest) : TokenReading;

    /// <param name="Code">Stable reason code, one of <c>ReasonCodes</c>.</param>
    /// <param name="Detail">What was wrong, for operators; never quotes the token.</param>
    internal sealed record Refused(string Code, string Detail) : TokenReading;
}
