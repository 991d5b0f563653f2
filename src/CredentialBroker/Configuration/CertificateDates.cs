using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace CredentialBroker.Configuration;

/// <summary>Certificates on file that are out of their time, or soon will be, for <c>check</c>. The start is stopped by none: a broker has to end leases also with an old certificate.</summary>
/// <param name="Mistakes">Files with which nothing works any more.</param>
/// <param name="Risks">Those that will stop working, or do not work yet.</param>
internal sealed record CertificateDates(IReadOnlyList<string> Mistakes, IReadOnlyList<Risk> Risks)
{
    private static readonly TimeSpan Soon = TimeSpan.FromDays(30);

    public static CertificateDates In(BrokerOptions options, DateTimeOffset now)
    {
        var (mistakes, risks) = (new List<string>(), new List<Risk>());
        foreach (var (key, file, isOwn) in Files(options))
        {
            if (file is null || !File.Exists(file)) continue;
            if (Read(file) is { Count: > 0 } all) Judge(key, all, isOwn, now, mistakes, risks);
            else mistakes.Add($"{key}: '{file}' holds no PEM certificate");
        }

        return new CertificateDates(mistakes, risks);
    }

    /// <summary>Whose own certificate comes first in its file; in the others any authority may vouch.</summary>
    private static IEnumerable<(string Key, string? File, bool IsOwn)> Files(BrokerOptions options) =>
    [
        ("Hosting:CertificateFile", options.Hosting.CertificateFile, true),
        .. options.Targets.Postgres.Select(target => ($"Targets:Postgres:{target.Key}:ClientCertificateFile", target.Value.ClientCertificateFile, true)),
        .. options.Targets.Postgres.Select(target => ($"Targets:Postgres:{target.Key}:RootCertificateFile", target.Value.RootCertificateFile, false)),
        .. options.Targets.Vault.Select(target => ($"Targets:Vault:{target.Key}:Login:ClientCertificateFile", target.Value.Login.ClientCertificateFile, true)),
        .. options.Targets.Vault.Select(target => ($"Targets:Vault:{target.Key}:RootCertificateFile", target.Value.RootCertificateFile, false)),
        .. options.Targets.Aws.Select(target => ($"Targets:Aws:{target.Key}:RootCertificateFile", target.Value.RootCertificateFile, false)),
        .. options.Targets.Azure.Select(target => ($"Targets:Azure:{target.Key}:RootCertificateFile", target.Value.RootCertificateFile, false)),
        .. options.Targets.Gcp.Select(target => ($"Targets:Gcp:{target.Key}:RootCertificateFile", target.Value.RootCertificateFile, false)),
        .. options.Targets.Kubernetes.Select(target => ($"Targets:Kubernetes:{target.Key}:ClientCertificateFile", target.Value.ClientCertificateFile, true)),
        .. options.Targets.Kubernetes.Select(target => ($"Targets:Kubernetes:{target.Key}:RootCertificateFile", target.Value.RootCertificateFile, false)),
        .. options.Targets.Webhook.Select(target => ($"Targets:Webhook:{target.Key}:ClientCertificateFile", target.Value.ClientCertificateFile, true)),
        .. options.Targets.Webhook.Select(target => ($"Targets:Webhook:{target.Key}:RootCertificateFile", target.Value.RootCertificateFile, false)),
        .. options.Targets.GitHub.Select(target => ($"Targets:GitHub:{target.Key}:RootCertificateFile", target.Value.RootCertificateFile, false)),
        .. options.Operators.Certificates.Select(set => ($"Operators:Certificates:{set.Key}:CaFile", (string?)set.Value.CaFile, false)),
        .. options.TrustSources.Approvals.Select(source => ($"TrustSources:Approvals:{source.Key}:ClientCaFile", source.Value.ClientCaFile, false)),
    ];

    private static void Judge(string key, X509Certificate2Collection all, bool isOwn, DateTimeOffset now, List<string> mistakes, List<Risk> risks)
    {
        if (isOwn ? IsOver(all[0], now) : all.All(one => IsOver(one, now)))
        {
            mistakes.Add($"{key}: '{all[0].Subject}' expired at {all[0].NotAfter.ToUniversalTime():u}; put its successor in place");
            return;
        }

        foreach (var one in all)
        {
            if (IsOver(one, now))
                risks.Add(new Risk(key, $"'{one.Subject}' expired at {one.NotAfter.ToUniversalTime():u}, and vouches for nobody any more", "put its successor in place, or take it out of the file"));
            else if (one.NotBefore.ToUniversalTime() > now)
                risks.Add(new Risk(key, $"'{one.Subject}' is not valid before {one.NotBefore.ToUniversalTime():u}", "keep the one before it in place until then, and look at this machine's clock"));
            else if (one.NotAfter.ToUniversalTime() - now < Soon)
                risks.Add(new Risk(key, $"'{one.Subject}' expires at {one.NotAfter.ToUniversalTime():u}", "have it followed by a new one now"));
        }
    }

    private static bool IsOver(X509Certificate2 one, DateTimeOffset now) => one.NotAfter.ToUniversalTime() <= now;

    /// <summary>Null when the file cannot be read as PEM.</summary>
    private static X509Certificate2Collection? Read(string file)
    {
        try
        {
            var all = new X509Certificate2Collection();
            all.ImportFromPem(File.ReadAllText(file));
            return all;
        }
        catch (Exception error) when (error is CryptographicException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
