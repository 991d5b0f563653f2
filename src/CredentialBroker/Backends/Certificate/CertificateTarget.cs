using System.Text.RegularExpressions;

namespace CredentialBroker.Backends.Certificate;

/// <summary>Operator configuration <c>Targets:Certificate:{name}</c>: which identities templates may choose.</summary>
internal sealed partial record CertificateTarget
{
    /// <summary>SPIFFE trust domain of every certificate, such as <c>prod.example</c>.</summary>
    public string TrustDomain { get; init; } = "";

    /// <summary>Paths that templates may choose, such as <c>/ns/*/sa/*</c>; <c>*</c> stands for one whole segment.</summary>
    public IReadOnlyList<string> Paths { get; init; } = [];

    /// <summary>DNS names that templates may add, each in full; no wildcards.</summary>
    public IReadOnlyList<string> DnsNames { get; init; } = [];

    /// <summary>What certificates may be used for: <c>client</c>, <c>server</c>.</summary>
    public IReadOnlyList<string> Usages { get; init; } = ["client"];

    /// <summary>
    /// Whether those who honour these certificates check the broker's revocation list. Without it an ended certificate
    /// works until its expiry, and leases say so.
    /// </summary>
    public bool ChecksRevocation { get; init; }

    public IEnumerable<string> Validate(string path)
    {
        if (!Domain().IsMatch(TrustDomain)) yield return $"{path}:TrustDomain: must be 1 to 255 lower-case letters, digits, and .-_";
        if (Paths.Count == 0) yield return $"{path}:Paths: must list at least one path";
        for (var i = 0; i < Paths.Count; i++)
        {
            if (!SpiffePath.IsPattern(Paths[i])) yield return $"{path}:Paths:{i}: must be a path such as /ns/*/sa/*, where * is a whole segment";
        }

        for (var i = 0; i < DnsNames.Count; i++)
        {
            if (DnsNames[i].Length > 253 || !DnsName().IsMatch(DnsNames[i])) yield return $"{path}:DnsNames:{i}: must be a DNS name in lower case, in full, without wildcards";
        }

        if (Usages.Count == 0) yield return $"{path}:Usages: must list client, server or both";
        for (var i = 0; i < Usages.Count; i++)
        {
            if (Usages[i] is not ("client" or "server")) yield return $"{path}:Usages:{i}: must be client or server";
        }
    }

    // https://github.com/spiffe/spiffe/blob/main/standards/SPIFFE-ID.md section 2.1
    [GeneratedRegex(@"^[a-z0-9._-]{1,255}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Domain();

    [GeneratedRegex(@"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*\z", RegexOptions.CultureInvariant)]
    private static partial Regex DnsName();
}
