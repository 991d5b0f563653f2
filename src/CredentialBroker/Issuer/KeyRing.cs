namespace CredentialBroker.Issuer;

/// <summary>
/// The keys of one purpose as they are now: the one that signs and all that are published (those to come and those whose
/// signatures still count among them). Replaced as a whole when the store's keys change, so a reader always sees one state.
/// </summary>
internal sealed class KeyRing
{
    private State? _state;

    /// <param name="issuer">The issuer's URL: the public base URL and the issuer's path, without a trailing slash.</param>
    public KeyRing(KeyPurpose purpose, string issuer)
    {
        Purpose = purpose;
        Issuer = issuer;
    }

    public KeyPurpose Purpose { get; }

    /// <summary>Audiences that the workload issuer never signs for, and the federation issuer alone does.</summary>
    public ReservedAudiences Reserved { get; init; } = ReservedAudiences.BuiltIn;

    /// <summary>The <c>iss</c> of what this ring signs.</summary>
    public string Issuer { get; }

    /// <summary>The OpenID discovery document, UTF-8 JSON.</summary>
    public ReadOnlyMemory<byte> Discovery => Current.Discovery;

    /// <summary>The published key set, UTF-8 JSON.</summary>
    public ReadOnlyMemory<byte> Jwks => Current.Jwks;

    /// <summary>The key that signs now.</summary>
    public SigningKey Signer => Current.Signer;

    public IReadOnlyList<VerifyingKey> Published => Current.Published;

    private State Current => Volatile.Read(ref _state) ?? throw new InvalidOperationException($"The issuer {Issuer} has no keys yet.");

    /// <summary>A key whose private half is still kept, such as the one that signed a certificate whose revocation list is due.</summary>
    public SigningKey? Find(string kid) => Current.Kept.FirstOrDefault(key => key.Kid == kid);

    /// <summary>Takes over a new set of keys. A signer that is not published would sign what nobody can verify.</summary>
    /// <param name="kept">Keys whose private half is still there, the signer among them; the signer alone when null.</param>
    public void Replace(SigningKey signer, IReadOnlyList<VerifyingKey> published, IReadOnlyList<SigningKey>? kept = null)
    {
        if (!published.Contains(signer.Verifying))
            throw new ArgumentException("The signing key must be among the published keys.", nameof(published));
        Volatile.Write(ref _state, new State(signer, [.. published], kept ?? [signer], IssuerDocuments.Jwks(published), IssuerDocuments.Discovery(Issuer, published)));
    }

    private sealed record State(SigningKey Signer, IReadOnlyList<VerifyingKey> Published, IReadOnlyList<SigningKey> Kept, byte[] Jwks, byte[] Discovery);
}
