namespace CredentialBroker.Attestation;

/// <summary>Keys that a workload proved to hold when it asked; public parts only. Credentials are bound to them, or made for them.</summary>
internal sealed record HeldKeys
{
    public static HeldKeys None { get; } = new();

    /// <summary>Thumbprint (RFC 7638) of the key that signed a DPoP proof; <c>jkt</c> of RFC 9449 section 6.1.</summary>
    public string? Dpop { get; init; }

    /// <summary>Base64url SHA-256 of the client certificate of the connection; <c>x5t#S256</c> of RFC 8705 section 3.1.</summary>
    public string? Certificate { get; init; }

    /// <summary>SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7) in base64, of a PKCS #10 request that its own key signed.</summary>
    public string? SigningRequest { get; init; }

    /// <summary>The DPoP proof's name; it serves one commit.</summary>
    public OneTimeProof? Proof { get; init; }
}

/// <param name="Id">Names the proof among all that were ever used.</param>
/// <param name="ExpiresAt">When it is refused by its age, UTC milliseconds.</param>
internal sealed record OneTimeProof(string Id, long ExpiresAt);

/// <summary>What came beside the evidence, unproven.</summary>
/// <param name="Dpop">Every value of the header <c>DPoP</c>.</param>
/// <param name="Method">HTTP method of the request.</param>
/// <param name="Url">The request's public URL without query and fragment.</param>
/// <param name="CertificateHash">SHA-256 of the client certificate, whose key the TLS handshake proved; null without one.</param>
/// <param name="SigningRequest">PKCS #10 request in PEM.</param>
internal sealed record Presented(IReadOnlyList<string?> Dpop, string Method, string Url, byte[]? CertificateHash, string? SigningRequest);

/// <summary>What reading them gave.</summary>
internal abstract record Possessed
{
    private Possessed() { }

    internal sealed record These(HeldKeys Keys) : Possessed;

    /// <param name="Code">Stable reason code, one of <c>ReasonCodes</c>.</param>
    /// <param name="Detail">What was wrong; never quotes what was sent.</param>
    internal sealed record Refused(string Code, string Detail) : Possessed;
}
