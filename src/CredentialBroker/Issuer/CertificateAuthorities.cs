namespace CredentialBroker.Issuer;

/// <summary>Base of the broker's public addresses, without a trailing slash.</summary>
internal sealed record PublicAddress(string Base);

/// <summary>
/// The broker's certificate authorities as they are now: the one that signs certificates, one that will, and those whose
/// certificates have not all expired. Replaced as a whole, so that a reader always sees one state.
/// </summary>
internal sealed class CertificateAuthorities(PublicAddress address)
{
    public const string BundlePath = "/ca/certificate";
    public const string ListPath = "/ca/crl";
    public const string ListsPath = "/ca/crls";

    private IReadOnlyList<CertificateAuthority>? _all;

    /// <summary>The one that signs certificates. Whoever signs takes it once, so that all parts of an answer speak of the same one.</summary>
    public CertificateAuthority Signing => All[0];

    /// <summary>All that verifiers have to trust, the signing one first.</summary>
    public IReadOnlyList<CertificateAuthority> All => Volatile.Read(ref _all) ?? throw new InvalidOperationException("the certificate authority has no key yet");

    /// <summary>What verifiers trust: the certificates of all authorities, PEM.</summary>
    public string Bundle => string.Join('\n', All.Select(authority => authority.Pem));

    public CertificateAuthority? Find(string name) => All.FirstOrDefault(authority => authority.Name == name);

    public string ListUrl(string kid) => $"{address.Base}{ListPath}/{CertificateAuthority.NameOf(kid)}";

    /// <param name="all">The signing one first.</param>
    public void Use(IReadOnlyList<CertificateAuthority> all) => Volatile.Write(ref _all, all);
}
