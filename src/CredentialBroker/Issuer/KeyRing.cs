namespace CredentialBroker.Issuer;

/// <summary>
/// The keys of one issuer as they are now: the one that signs and all that are published (those to come and those whose
/// tokens still live among them). Replaced as a whole when the store's keys change, so a reader always sees one state.
/// </summary>
internal sealed class KeyRing
{
    private State? _state;

    /// <param name="issuer">The issuer's URL: the public base URL and the issuer's path, without a trailing slash.</param>
    public KeyRing(string issuer)
    {
        Issuer = issuer;
        Discovery = IssuerDocuments.Discovery(issuer);
    }

    /// <summary>The <c>iss</c> of what this ring signs.</summary>
    public string Issuer { get; }

    /// <summary>The OpenID discovery document, UTF-8 JSON.</summary>
    public ReadOnlyMemory<byte> Discovery { get; }

    /// <summary>The published key set, UTF-8 JSON.</summary>
    public ReadOnlyMemory<byte> Jwks => Current.Jwks;

    public SigningKey Signer => Current.Signer;

    public IReadOnlyList<SigningKey> Published => Current.Published;

    private State Current => Volatile.Read(ref _state) ?? throw new InvalidOperationException($"The issuer {Issuer} has no keys yet.");

    /// <summary>Takes over a new set of keys. A signer that is not published would sign what nobody can verify.</summary>
    public void Replace(SigningKey signer, IReadOnlyList<SigningKey> published)
    {
        if (!published.Any(key => key.Kid == signer.Kid))
            throw new ArgumentException("The signing key must be among the published keys.", nameof(published));
        Volatile.Write(ref _state, new State(signer, [.. published], IssuerDocuments.Jwks(published)));
    }

    private sealed record State(SigningKey Signer, IReadOnlyList<SigningKey> Published, byte[] Jwks);
}
