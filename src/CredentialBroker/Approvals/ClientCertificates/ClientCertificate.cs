using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using CredentialBroker.Approvals.Intake;
using CredentialBroker.Protocol;

namespace CredentialBroker.Approvals.ClientCertificates;

/// <summary>
/// A source proven by the client certificate of its connection: from the authority pinned for it and no other, for client
/// authentication, and with exactly the name that is expected (RFC 5280 sections 4.2.1.6, 4.2.1.12 and 6).
/// </summary>
internal static class ClientCertificate
{
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    /// <summary>Null when it proves the source.</summary>
    public static Verified.Refused? Check(ApprovalSource source, X509Certificate2? certificate, DateTimeOffset now) =>
        Check(source.Options.ClientCaFile!, source.Options.ClientSan!, certificate, now);

    /// <param name="authority">File with the pinned authority.</param>
    /// <param name="name">The subject alternative name it must have.</param>
    public static Verified.Refused? Check(string authority, string name, X509Certificate2? certificate, DateTimeOffset now)
    {
        if (certificate is null) return Refuse(ReasonCodes.EvidenceMissing, "the connection has no client certificate");
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        // Revoking a source's certificate is taking it, or its authority, out of the configuration.
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.VerificationTime = now.UtcDateTime;
        chain.ChainPolicy.VerificationTimeIgnored = false;
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid(ClientAuthentication));
        if (!AddAuthorities(chain.ChainPolicy, authority)) return Refuse(ReasonCodes.EvidenceKeysUnavailable, "the source's authority cannot be read at present");
        if (!chain.Build(certificate))
        {
            var expired = chain.ChainStatus is { Length: > 0 } faults && faults.All(f => f.Status == X509ChainStatusFlags.NotTimeValid);
            return expired
                ? Refuse(ReasonCodes.EvidenceLifetime, "the client certificate, or one above it, is not valid now")
                : Refuse(ReasonCodes.EvidenceUntrustedIssuer, "the client certificate is not from the source's authority, or not for client authentication");
        }

        return Names(certificate).Contains(name, StringComparer.Ordinal)
            ? null
            : Refuse(ReasonCodes.EvidenceClaims, "the client certificate has another name than the source");
    }

    public static IEnumerable<string> Mistakes(ApprovalSourceOptions source, string path) => Mistakes(source.ClientCaFile, source.ClientSan, path);

    public static IEnumerable<string> Mistakes(string? authority, string? name, string path)
    {
        if (authority is null) yield return $"{path}:ClientCaFile: required; the authority of its client certificate, as PEM";
        else if (!File.Exists(authority)) yield return $"{path}:ClientCaFile: no file at '{authority}'";
        else if (!AddAuthorities(new X509ChainPolicy(), authority)) yield return $"{path}:ClientCaFile: holds no self-signed certificate as PEM";
        if (name is not { Length: > 4 } san || !(san.StartsWith("dns:", StringComparison.Ordinal) || san.StartsWith("uri:", StringComparison.Ordinal)))
        {
            yield return $"{path}:ClientSan: required; the name in its client certificate, dns:gate.example or uri:spiffe://…";
        }
    }

    private static bool AddAuthorities(X509ChainPolicy policy, string file)
    {
        var all = new X509Certificate2Collection();
        try
        {
            all.ImportFromPemFile(file);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or CryptographicException)
        {
            return false;
        }

        foreach (var certificate in all)
        {
            if (certificate.SubjectName.RawData.AsSpan().SequenceEqual(certificate.IssuerName.RawData)) policy.CustomTrustStore.Add(certificate);
            else policy.ExtraStore.Add(certificate);
        }

        return policy.CustomTrustStore.Count > 0;
    }

    /// <summary>The framework tells DNS names only, and URIs are what workload identities are made of.</summary>
    private static List<string> Names(X509Certificate2 certificate)
    {
        var names = new List<string>();
        foreach (var extension in certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>())
        {
            var sequence = new AsnReader(extension.RawData, AsnEncodingRules.DER).ReadSequence();
            while (sequence.HasData)
            {
                var tag = sequence.PeekTag();
                if (tag is { TagClass: TagClass.ContextSpecific, TagValue: 2 or 6 })
                {
                    names.Add((tag.TagValue == 2 ? "dns:" : "uri:") + sequence.ReadCharacterString(UniversalTagNumber.IA5String, tag));
                }
                else sequence.ReadEncodedValue();
            }
        }

        return names;
    }

    private static Verified.Refused Refuse(string code, string detail) => new(code, detail, Authentic: false);
}
