using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace CredentialBroker.Sidecar.Identity.Spiffe;

/// <summary>An X509-SVID: the connection to the broker itself proves who the workload is. Fetched at each call, so that what the agent rotated is used.</summary>
internal sealed class X509Svid(WorkloadApi api, string? spiffeId) : IIdentity
{
    public async Task<Proof> ProveAsync(CancellationToken cancel)
    {
        var answer = await api.CallAsync("FetchX509SVID", [], cancel);
        try
        {
            return Read(answer) ?? throw new IdentityException(spiffeId is null ? "the SPIFFE agent's answer holds no identity" : $"the SPIFFE agent's answer does not hold {spiffeId}");
        }
        // ArgumentException: a key that is not the certificate's.
        catch (Exception wrong) when (wrong is InvalidDataException or CryptographicException or System.Formats.Asn1.AsnContentException or ArgumentException)
        {
            throw new IdentityException("the SPIFFE agent's answer is malformed", wrong);
        }
        finally
        {
            // The key was in it.
            CryptographicOperations.ZeroMemory(answer);
        }
    }

    /// <summary>Of each of <c>svids</c> (field 1): <c>spiffe_id</c> (1), <c>x509_svid</c> (2, certificates one after the other) and <c>x509_svid_key</c> (3, PKCS #8).</summary>
    private Proof.Certificate? Read(byte[] answer)
    {
        var message = new WireReader(answer);
        while (message.Next(out var field, out var value))
        {
            if (field != 1) continue;
            ReadOnlySpan<byte> id = default, chain = default, key = default;
            var svid = new WireReader(value);
            while (svid.Next(out var member, out var bytes))
            {
                if (member == 1) id = bytes;
                else if (member == 2) chain = bytes;
                else if (member == 3) key = bytes;
            }

            if (spiffeId is null || Encoding.UTF8.GetString(id) == spiffeId) return Made(chain, key);
        }

        return null;
    }

    private static Proof.Certificate Made(ReadOnlySpan<byte> chain, ReadOnlySpan<byte> key)
    {
        var all = new X509Certificate2Collection();
        while (!chain.IsEmpty)
        {
            System.Formats.Asn1.AsnDecoder.ReadSequence(chain, System.Formats.Asn1.AsnEncodingRules.DER, out _, out _, out var length);
            all.Add(X509CertificateLoader.LoadCertificate(chain[..length]));
            chain = chain[length..];
        }

        if (all.Count == 0) throw new InvalidDataException("no certificate");
        var leaf = all[0];
        all.RemoveAt(0);
        return new Proof.Certificate(WithKey(leaf, key), all);
    }

    private static X509Certificate2 WithKey(X509Certificate2 leaf, ReadOnlySpan<byte> pkcs8)
    {
        using (leaf)
        {
            if (leaf.GetECDsaPublicKey() is not null)
            {
                using var elliptic = ECDsa.Create();
                elliptic.ImportPkcs8PrivateKey(pkcs8, out _);
                return leaf.CopyWithPrivateKey(elliptic);
            }

            using var rsa = RSA.Create();
            rsa.ImportPkcs8PrivateKey(pkcs8, out _);
            return leaf.CopyWithPrivateKey(rsa);
        }
    }
}
