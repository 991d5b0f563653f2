using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using CredentialBroker.Storage;
using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Issuer;

/// <summary>
/// Gives every published key of the certificate authority its certificate. A certificate is signed once and kept:
/// verifiers compare what they trust to the letter, so that every replica must publish the same one.
/// </summary>
internal sealed class AuthorityCertificates(Store store, Journal journal, KeyRings rings, CertificateAuthorities authorities, BrokerIdentity identity, TimeProvider clock)
{
    private const int Years = 5;

    private readonly Dictionary<string, CertificateAuthority> _known = new(StringComparer.Ordinal);
    private string _last = "";

    /// <summary>Takes over which keys are published and which of them signs. Costs nothing while both are as they were.</summary>
    public async Task RefreshAsync(CancellationToken cancel)
    {
        var ring = rings.CertificateAuthority;
        var signer = (P256SigningKey)ring.Signer;
        List<P256SigningKey> keys = [signer, .. ring.Published.Where(key => key.Kid != signer.Kid).Select(key => ring.Find(key.Kid)).OfType<P256SigningKey>()];
        var now = string.Join(' ', keys.Select(key => key.Kid));
        if (now == _last) return;
        foreach (var key in keys.Where(key => !_known.ContainsKey(key.Kid)))
        {
            _known.Add(key.Kid, new CertificateAuthority(key, await ReadOrMakeAsync(key, cancel), authorities.ListUrl(key.Kid)));
        }

        authorities.Use([.. keys.Select(key => _known[key.Kid])]);
        foreach (var gone in _known.Keys.Except(keys.Select(key => key.Kid)).ToList()) _known.Remove(gone);
        _last = now;
    }

    internal static X509Certificate2 Make(ECDsa key, string kid, string brokerId, DateTimeOffset now)
    {
        // Each has a name of its own, so that nobody takes one's list for another's.
        var request = new CertificateRequest($"CN=credbroker-{brokerId} CA {CertificateAuthority.NameOf(kid)}, O=CredentialBroker", key, HashAlgorithmName.SHA256);
        // It signs no other authority, and nothing but certificates and revocation lists.
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: true, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        return request.CreateSelfSigned(now.AddMinutes(-5), now.AddYears(Years));
    }

    /// <summary>Of replicas that make it at once, what the first wrote counts.</summary>
    private async Task<X509Certificate2> ReadOrMakeAsync(P256SigningKey key, CancellationToken cancel)
    {
        if (await FindAsync(key.Kid, cancel) is not { } certificate)
        {
            using (var own = key.Borrow())
            using (var made = Make(own, key.Kid, identity.Id, DateTimeOffset.FromUnixTimeMilliseconds(clock.NowMs())))
            {
                await journal.CommitAsync(Lane.Control, new PlainWrite(
                    "INSERT INTO authority_certificates (kid, certificate, made_at) VALUES (@kid, @certificate, @now) ON CONFLICT (kid) DO NOTHING",
                    ("kid", key.Kid), ("certificate", Convert.ToBase64String(made.RawData)), ("now", clock.NowMs())));
            }

            certificate = (await FindAsync(key.Kid, cancel))!;
        }

        return X509CertificateLoader.LoadCertificate(Convert.FromBase64String(certificate));
    }

    private async Task<string?> FindAsync(string kid, CancellationToken cancel)
    {
        var found = await store.ListAsync(Pool.Control, new Statement("SELECT certificate FROM authority_certificates WHERE kid = @kid") { Values = [("kid", kid)] }, row => row.GetString(0), cancel);
        return found.Count == 0 ? null : found[0];
    }
}
