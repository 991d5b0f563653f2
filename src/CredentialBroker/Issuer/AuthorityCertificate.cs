using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using CredentialBroker.Storage;
using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Issuer;

/// <summary>
/// Gives the certificate authority its key and certificate. The certificate is signed once and kept: verifiers compare
/// what they trust to the letter, so that every replica must publish the same one.
/// </summary>
internal sealed class AuthorityCertificate(Store store, Journal journal, CertificateAuthority authority, BrokerIdentity identity, TimeProvider clock)
{
    private const int Years = 5;

    public async Task LoadAsync(SigningKey key, CancellationToken cancel)
    {
        if (await FindAsync(key.Kid, cancel) is not { } certificate)
        {
            using (var own = key.Borrow())
            using (var made = Make(own, identity.Id, DateTimeOffset.FromUnixTimeMilliseconds(clock.NowMs())))
            {
                await journal.CommitAsync(Lane.Control, new PlainWrite(
                    "INSERT INTO authority_certificates (kid, certificate, made_at) VALUES (@kid, @certificate, @now) ON CONFLICT (kid) DO NOTHING",
                    ("kid", key.Kid), ("certificate", Convert.ToBase64String(made.RawData)), ("now", clock.NowMs())));
            }

            certificate = (await FindAsync(key.Kid, cancel))!;
        }

        authority.Use(key, X509CertificateLoader.LoadCertificate(Convert.FromBase64String(certificate)));
    }

    internal static X509Certificate2 Make(ECDsa key, string brokerId, DateTimeOffset now)
    {
        var request = new CertificateRequest($"CN=credbroker-{brokerId} CA, O=CredentialBroker", key, HashAlgorithmName.SHA256);
        // It signs no other authority, and nothing but certificates and revocation lists.
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: true, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        return request.CreateSelfSigned(now.AddMinutes(-5), now.AddYears(Years));
    }

    private async Task<string?> FindAsync(string kid, CancellationToken cancel)
    {
        var found = await store.ListAsync(Pool.Control, new Statement("SELECT certificate FROM authority_certificates WHERE kid = @kid") { Values = [("kid", kid)] }, row => row.GetString(0), cancel);
        return found.Count == 0 ? null : found[0];
    }
}
