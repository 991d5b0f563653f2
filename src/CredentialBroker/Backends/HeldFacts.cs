namespace CredentialBroker.Backends;

/// <summary>Facts about who asks that backends themselves know by name.</summary>
internal static class HeldFacts
{
    public const string Uri = "workload.uri";

    /// <summary>RFC 7638 thumbprint of the key of a DPoP proof.</summary>
    public const string Dpop = "workload.dpop";

    /// <summary>Base64url SHA-256 of the connection's client certificate.</summary>
    public const string Certificate = "workload.certificate";

    /// <summary>SubjectPublicKeyInfo in base64, of a signing request that its own key signed.</summary>
    public const string SigningRequest = "workload.signingRequest";

    /// <summary>Who acts for whom, outermost first, parted by blanks.</summary>
    public const string Actors = "workload.actors";
}
