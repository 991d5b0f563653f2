using System.Text;

namespace CredentialBroker.Sidecar.Identity.Spiffe;

/// <summary>A JWT-SVID for the broker, fetched at each call.</summary>
internal sealed class JwtSvid(WorkloadApi api, string audience, string? spiffeId) : IIdentity
{
    public async Task<Proof> ProveAsync(CancellationToken cancel)
    {
        using var request = new MemoryStream();
        WireReader.Write(request, 1, audience);
        if (spiffeId is not null) WireReader.Write(request, 2, spiffeId);
        return Tokens.Read(Svid(await api.CallAsync("FetchJWTSVID", request.ToArray(), cancel)), "the SPIFFE agent's answer");
    }

    /// <summary>The first <c>svids</c> (field 1) of the answer, and of it <c>svid</c> (field 2).</summary>
    private static string? Svid(byte[] answer)
    {
        try
        {
            var message = new WireReader(answer);
            while (message.Next(out var field, out var value))
            {
                if (field != 1) continue;
                var svid = new WireReader(value);
                while (svid.Next(out var member, out var text)) if (member == 2) return Encoding.ASCII.GetString(text);
            }

            return null;
        }
        catch (InvalidDataException wrong)
        {
            throw new IdentityException("the SPIFFE agent's answer is malformed", wrong);
        }
    }
}
