using System.Text.Json;

namespace CredentialBroker.Attestation;

/// <summary>Who acts for whom, from nested <c>act</c> claims (RFC 8693 section 4.1), outermost first.</summary>
internal static class ActChain
{
    private const int MaxLength = 8;

    internal static IReadOnlyList<string> Read(JsonElement claims, OwnIssuers own, ClaimSheet sheet)
    {
        var chain = new List<string>();
        while (claims.TryGetProperty("act", out claims))
        {
            if (chain.Count == MaxLength)
            {
                sheet.Refuse($"The chain of act claims is longer than {MaxLength}.");
                break;
            }

            if (claims.Text("sub") is not { } actor || !ClaimForms.Name(actor))
            {
                sheet.Refuse("An act claim is no object with a well-formed sub.");
                break;
            }

            // Else a credential from here, traded for a token elsewhere, would come back as fresh evidence.
            if (claims.Text("iss") is { } issuer && own.Include(issuer))
            {
                sheet.Refuse("An act claim names an actor whose identity this broker issued itself.");
                break;
            }

            chain.Add(actor);
        }

        return chain;
    }
}
