using System.Text.Json;
using CredentialBroker.Protocol;

namespace CredentialBroker.Backends.SignedToken;

/// <summary>What a token is bound to, so that whoever steals it cannot use it.</summary>
internal enum SenderConstraint
{
    /// <summary>Nothing: it works for whoever bears it (RFC 6750).</summary>
    None,
    /// <summary>The key of a DPoP proof (RFC 9449).</summary>
    Dpop,
    /// <summary>The client certificate of the connection it was claimed over (RFC 8705).</summary>
    Mtls,
}

internal static class SenderConstraints
{
    /// <summary>Refuses a claim that does not prove the key which the template binds to.</summary>
    public static Narrowed.Refused? Refuse(SenderConstraint constraint, IReadOnlyDictionary<string, string> facts) => constraint switch
    {
        SenderConstraint.Dpop when !facts.ContainsKey(HeldFacts.Dpop) => new(ReasonCodes.ProofMissing, "the template binds its token to a DPoP key, and no proof came"),
        SenderConstraint.Mtls when !facts.ContainsKey(HeldFacts.Certificate) => new(ReasonCodes.ProofMissing, "the template binds its token to a client certificate, and none came"),
        _ => null,
    };

    /// <summary>The thumbprint that the token is bound to; empty where it is bound to nothing.</summary>
    public static string ThumbprintOf(Order order) => ((SignedTokenGrant)order.Grant).Constraint switch
    {
        SenderConstraint.Dpop => order.Facts[HeldFacts.Dpop],
        SenderConstraint.Mtls => order.Facts[HeldFacts.Certificate],
        _ => "",
    };

    /// <summary>The confirmation claim (RFC 7800): <c>jkt</c> of RFC 9449 section 6.1, or <c>x5t#S256</c> of RFC 8705 section 3.1.</summary>
    public static void WriteConfirmation(Utf8JsonWriter json, Order order)
    {
        if (ThumbprintOf(order) is not { Length: > 0 } thumbprint) return;
        json.WriteStartObject("cnf"u8);
        json.WriteString(((SignedTokenGrant)order.Grant).Constraint == SenderConstraint.Dpop ? "jkt"u8 : "x5t#S256"u8, thumbprint);
        json.WriteEndObject();
    }
}
