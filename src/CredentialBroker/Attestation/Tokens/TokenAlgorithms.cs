namespace CredentialBroker.Attestation;

/// <summary>The signature algorithms there are here. All need a public key only: no shared secret can pose as one.</summary>
internal static class TokenAlgorithms
{
    internal static readonly IReadOnlyList<string> All =
        ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384"];
}
