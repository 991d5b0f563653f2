using System.Text.Json;
using CredentialBroker.Protocol;

namespace CredentialBroker.Attestation;

/// <summary>
/// The only header members there are; a certificate's thumbprint (<c>x5t</c>) only where its source uses it. Everything else a header can say either brings the attacker's own key
/// (<c>jwk</c>, <c>jku</c>, <c>x5u</c>, <c>x5c</c>) or changes what was signed (<c>b64</c>, <c>zip</c>, <c>crit</c>).
/// </summary>
internal sealed record JoseHeader(string Algorithm, string? KeyId, string? Type)
{
    private const string Thumbprint = "x5t";
    private const int MaxKeyIdLength = 256;

    /// <summary>Whether a thumbprint came; what it says is not kept.</summary>
    internal bool HasThumbprint { get; private init; }

    internal static JoseHeader? Read(JsonElement header, out TokenReading.Refused? refusal)
    {
        foreach (var member in header.EnumerateObject())
        {
            if (member.Name is not ("alg" or "kid" or "typ" or Thumbprint))
            {
                return Refuse(ReasonCodes.EvidenceHeader, "The token's header has a member other than alg, kid and typ.", out refusal);
            }

            if (member.Value.ValueKind != JsonValueKind.String)
            {
                return Refuse(ReasonCodes.EvidenceHeader, $"The token's header member {member.Name} is not text.", out refusal);
            }
        }

        if (header.Text("kid") is { Length: 0 or > MaxKeyIdLength })
        {
            return Refuse(ReasonCodes.EvidenceHeader, "The token's header member kid is empty or too long.", out refusal);
        }

        if (header.Text("alg") is not { } algorithm)
        {
            return Refuse(ReasonCodes.EvidenceAlgorithm, "The token names no signature algorithm.", out refusal);
        }

        refusal = null;
        return new JoseHeader(algorithm, header.Text("kid"), header.Text("typ")) { HasThumbprint = header.TryGetProperty(Thumbprint, out _) };
    }

    private static JoseHeader? Refuse(string code, string detail, out TokenReading.Refused? refusal)
    {
        refusal = new TokenReading.Refused(code, detail);
        return null;
    }
}
