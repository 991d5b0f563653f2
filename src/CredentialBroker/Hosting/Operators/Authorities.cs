using System.Security.Cryptography.X509Certificates;

namespace CredentialBroker.Hosting;

/// <summary>The authorities of one PEM file, read again when the file changes.</summary>
internal sealed class Authorities(string file)
{
    private readonly Lock _gate = new();
    private (DateTime Changed, X509Certificate2Collection Roots, X509Certificate2Collection Others)? _read;

    /// <summary>A policy under which only these authorities vouch for a client (RFC 5280 section 6), as of the given time.</summary>
    public X509ChainPolicy Policy(DateTimeOffset now)
    {
        var (roots, others) = Read();
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            // Authorities of operators seldom publish lists; who is out is taken out of the bindings, or certificates are short-lived.
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
            VerificationTime = now.UtcDateTime,
            VerificationTimeIgnored = false,
        };
        policy.CustomTrustStore.AddRange(roots);
        policy.ExtraStore.AddRange(others);
        policy.ApplicationPolicy.Add(OperatorCertificates.ClientAuthentication);
        return policy;
    }

    /// <summary>What is wrong with the file, or null.</summary>
    public static string? Mistake(string file)
    {
        try
        {
            var (roots, others) = Parse(file);
            return roots.Count == 0 ? "holds no self-signed root" : roots.Concat(others).All(IsAuthority) ? null : "holds a certificate that is no authority";
        }
        catch (Exception error) when (OperatorCertificates.IsFileFault(error))
        {
            return $"cannot be read: {error.Message}";
        }
    }

    private (X509Certificate2Collection Roots, X509Certificate2Collection Others) Read()
    {
        lock (_gate)
        {
            var changed = File.GetLastWriteTimeUtc(file);
            if (_read is not { } known || known.Changed != changed)
            {
                var (roots, others) = Parse(file);
                _read = known = (changed, roots, others);
            }

            return (known.Roots, known.Others);
        }
    }

    private static (X509Certificate2Collection Roots, X509Certificate2Collection Others) Parse(string file)
    {
        var all = new X509Certificate2Collection();
        all.ImportFromPem(File.ReadAllText(file));
        X509Certificate2[] roots = [.. all.Where(c => c.SubjectName.RawData.AsSpan().SequenceEqual(c.IssuerName.RawData))];
        return (new X509Certificate2Collection(roots), new X509Certificate2Collection(all.Except(roots).ToArray()));
    }

    private static bool IsAuthority(X509Certificate2 certificate) => certificate.Extensions.OfType<X509BasicConstraintsExtension>().Any(e => e.CertificateAuthority);
}
