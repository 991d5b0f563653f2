namespace CredentialBroker.Issuer;

/// <summary>The rings of every purpose; filled when the broker starts, and refreshed each second.</summary>
/// <param name="publicUrl">Base under which verifiers reach the broker.</param>
internal sealed class KeyRings(string publicUrl, ReservedAudiences reserved)
{
    private readonly Dictionary<KeyPurpose, KeyRing> _rings = KeyPurpose.All.ToDictionary(
        purpose => purpose, purpose => new KeyRing(purpose, IssuerDocuments.IssuerUrl(new Uri(publicUrl), IssuerDocuments.PathOf(purpose))) { Reserved = reserved });

    public KeyRing this[KeyPurpose purpose] => _rings[purpose];

    public KeyRing Workload => this[KeyPurpose.Workload];

    public KeyRing Federation => this[KeyPurpose.Federation];

    public KeyRing StatusList => this[KeyPurpose.StatusList];

    public KeyRing Signals => this[KeyPurpose.Signals];

    public KeyRing Checkpoint => this[KeyPurpose.Checkpoint];

    public KeyRing CertificateAuthority => this[KeyPurpose.CertificateAuthority];
}
