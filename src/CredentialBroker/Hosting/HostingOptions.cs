using System.Net;

namespace CredentialBroker.Hosting;

/// <summary>Section <c>Hosting</c>: where the broker listens.</summary>
internal sealed record HostingOptions
{
    /// <summary>Address to listen at: https at any IP address, plain http at loopback only.</summary>
    public string Listen { get; init; } = "http://127.0.0.1:8200";

    /// <summary>For https: the certificate and those between it and its root, PEM. Read again when it changes.</summary>
    public string? CertificateFile { get; init; }

    /// <summary>For https: the certificate's private key, PEM without a password, mode 0600. Read again when it changes.</summary>
    public string? KeyFile { get; init; }

    /// <summary><c>dev</c> generates missing keys; <c>standard</c> and <c>regulated</c> demand them.</summary>
    public string Profile { get; init; } = "standard";

    /// <summary>Request bodies larger than this are refused before they are read, 16 KiB to 1 MiB.</summary>
    public int MaxBodyBytes { get; init; } = 128 * 1024;

    public bool IsDevelopment => Profile == "dev";

    /// <summary>The listening address; null when it is none.</summary>
    internal Uri? Address => Uri.TryCreate(Listen, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" && uri.PathAndQuery == "/" ? uri : null;

    internal IPAddress? Ip => IPAddress.TryParse(Address?.DnsSafeHost, out var ip) ? ip : null;

    internal bool IsHttps => Address?.Scheme == "https";

    public IEnumerable<string> Validate()
    {
        if (Address is null) yield return $"Hosting:Listen: '{Listen}' is no http or https address";
        else if (!IsHttps && !(Ip is not null && IPAddress.IsLoopback(Ip))) yield return "Hosting:Listen: plain http is for loopback addresses only, such as http://127.0.0.1:8200";
        else if (IsHttps && Ip is null) yield return "Hosting:Listen: name an IP address to listen at, such as https://0.0.0.0:8200";
        foreach (var mistake in IsHttps ? ServerCertificate.Mistakes(CertificateFile, KeyFile) : Unused()) yield return mistake;
        if (Profile is not ("dev" or "standard" or "regulated")) yield return $"Hosting:Profile: '{Profile}' is none of dev, standard, regulated";
        if (MaxBodyBytes is < 16 * 1024 or > 1024 * 1024) yield return "Hosting:MaxBodyBytes: outside 16384 to 1048576";
    }

    private IEnumerable<string> Unused()
    {
        if (CertificateFile is not null) yield return "Hosting:CertificateFile: Hosting:Listen is no https address";
        if (KeyFile is not null) yield return "Hosting:KeyFile: Hosting:Listen is no https address";
    }
}
