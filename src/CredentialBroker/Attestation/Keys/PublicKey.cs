using System.Security.Cryptography;

namespace CredentialBroker.Attestation;

/// <summary>One public key of a trust source, checked when it was read.</summary>
/// <param name="Id">Its <c>kid</c>, if it has one.</param>
/// <param name="Algorithm">The one algorithm it says it is for, if it says so.</param>
internal abstract record PublicKey(string? Id, string? Algorithm)
{
    /// <summary>Length in bytes of every signature this key can verify; a DER-encoded ECDSA signature has another.</summary>
    internal abstract int SignatureLength { get; }

    internal bool Fits(string algorithm) => (Algorithm is null || Algorithm == algorithm) && KindFits(algorithm);

    private protected abstract bool KindFits(string algorithm);

    internal sealed record Rsa(string? Id, string? Algorithm, RSAParameters Parameters) : PublicKey(Id, Algorithm)
    {
        internal override int SignatureLength => Parameters.Modulus!.Length;

        private protected override bool KindFits(string algorithm) =>
            algorithm.StartsWith("RS", StringComparison.Ordinal) || algorithm.StartsWith("PS", StringComparison.Ordinal);
    }

    internal sealed record Elliptic(string? Id, string? Algorithm, ECParameters Parameters, string CurveAlgorithm) : PublicKey(Id, Algorithm)
    {
        internal override int SignatureLength => 2 * Parameters.Q.X!.Length;

        private protected override bool KindFits(string algorithm) => algorithm == CurveAlgorithm;
    }
}
