using System.Security.Cryptography;
using CredentialBroker.Attestation;
using CredentialBroker.Issuer;

namespace CredentialBroker.Issuance;

/// <summary>Which keys a request proves to hold: by a DPoP proof, by its connection's client certificate, by a signing request.</summary>
internal sealed class PresentedKeys(Possession possession, PublicAddress address)
{
    private const string Dpop = "DPoP";

    public ValueTask<Possessed> ReadAsync(HttpContext http, string? signingRequest) => possession.ReadAsync(new Presented(
        [.. http.Request.Headers[Dpop]], http.Request.Method, address.Base + http.Request.Path,
        http.Connection.ClientCertificate?.GetCertHash(HashAlgorithmName.SHA256), signingRequest));
}
