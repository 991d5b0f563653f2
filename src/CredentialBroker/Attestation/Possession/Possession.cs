using System.Buffers.Text;
using CredentialBroker.Protocol;

namespace CredentialBroker.Attestation;

/// <summary>Which keys the one who asks holds. What is presented must hold, also where nobody demands it.</summary>
internal sealed class Possession(TokenReader reader, TimeProvider clock)
{
    public async ValueTask<Possessed> ReadAsync(Presented presented)
    {
        var keys = HeldKeys.None with { Certificate = presented.CertificateHash is { } hash ? Base64Url.EncodeToString(hash) : null };
        if (presented.Dpop.Count > 1) return new Possessed.Refused(ReasonCodes.ProofInvalid, "there is more than one DPoP proof");
        if (presented.Dpop is [var proof])
        {
            var (proven, fault) = await DpopProof.ReadAsync(proof ?? "", presented.Method, presented.Url, reader, clock);
            if (proven is null) return new Possessed.Refused(ReasonCodes.ProofInvalid, fault!);
            keys = keys with { Dpop = proven.Thumbprint, Proof = proven.Once };
        }

        if (presented.SigningRequest is { } request)
        {
            if (SigningRequests.PublicKeyOf(request, out var fault) is not { } key) return new Possessed.Refused(ReasonCodes.SigningRequestInvalid, fault!);
            keys = keys with { SigningRequest = Convert.ToBase64String(key) };
        }

        return new Possessed.These(keys);
    }
}
