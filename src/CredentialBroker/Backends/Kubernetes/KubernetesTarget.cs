using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using CredentialBroker.Backends.Wires;
using CredentialBroker.Protocol;

namespace CredentialBroker.Backends.Kubernetes;

/// <summary>Operator configuration <c>Targets:Kubernetes:{name}</c>: one cluster, and what templates may choose there.</summary>
internal sealed record KubernetesTarget
{
    private const int MostRoots = 16;

    /// <summary>The API server, such as <c>https://kubernetes.default.svc</c>; plain http on loopback only.</summary>
    public Uri? Address { get; init; }
    /// <summary>PEM file of the authorities that may have signed the server's certificate; absent for those of the machine.</summary>
    public string? RootCertificateFile { get; init; }
    /// <summary>The broker's own service account token there; read at every call.</summary>
    public string? TokenFile { get; init; }
    /// <summary>PEM file of the broker's client certificate, instead of a token; read at every connection.</summary>
    public string? ClientCertificateFile { get; init; }
    /// <summary>PEM file of that certificate's private key.</summary>
    public string? ClientKeyFile { get; init; }
    /// <summary>Service accounts that templates may choose, as <c>namespace/name</c>; <c>*</c> stands for one whole name, and never for a namespace that begins with <c>kube-</c>.</summary>
    public IReadOnlyList<string> ServiceAccounts { get; init; } = [];
    /// <summary>Audiences that templates may choose; without one a token is for the API server itself.</summary>
    public IReadOnlyList<string> Audiences { get; init; } = [];
    /// <summary>Lets the broker look for what is left of leases that it does not know; needs the right to list Secrets, which is one to read them.</summary>
    public bool ListSecrets { get; init; }
    /// <summary>How long one call may take, from 1 to 8 seconds.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(5);
    /// <summary>Leases that may be made or renewed at once.</summary>
    public int MaxMinting { get; init; } = 16;
    /// <summary>Leases that may be ended at once; a bound of their own, so that making never keeps ending waiting.</summary>
    public int MaxEnding { get; init; } = 16;

    public IEnumerable<string> Validate(string path) => WireAddress.Validate(Address, $"{path}:Address", "https://kubernetes.default.svc")
        .Concat(WireLimits.Files(path, ("RootCertificateFile", RootCertificateFile), ("TokenFile", TokenFile), ("ClientCertificateFile", ClientCertificateFile), ("ClientKeyFile", ClientKeyFile)))
        .Concat(WireLimits.Validate(RequestTimeout, MaxMinting, MaxEnding, path))
        .Concat(Own(path));

    /// <summary>The authorities in PEM, and nothing else that the file may hold; null where the machine's are meant. Read at every call: clusters rotate them.</summary>
    /// <exception cref="BackendException">The file holds none.</exception>
    public string? RootCertificates()
    {
        if (RootCertificateFile is null) return null;
        try
        {
            var all = new X509Certificate2Collection();
            all.ImportFromPemFile(RootCertificateFile);
            if (all.Count is 0 or > MostRoots) throw new CryptographicException("none, or too many");
            return all.ExportCertificatePems() + "\n";
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new BackendException(KubernetesBackend.Word, ReasonCodes.TargetUnavailable, "the cluster's authorities cannot be read", transient: true, error);
        }
    }

    private IEnumerable<string> Own(string path)
    {
        if ((ClientCertificateFile is null) != (ClientKeyFile is null)) yield return $"{path}:ClientKeyFile: a client certificate and its key come together";
        if ((TokenFile is null) == (ClientCertificateFile is null)) yield return $"{path}:TokenFile: the broker shows either a token or a client certificate";
        if (ServiceAccounts.Count == 0) yield return $"{path}:ServiceAccounts: must list at least one service account";
        for (var i = 0; i < ServiceAccounts.Count; i++)
        {
            if (!KubernetesNames.IsPattern(ServiceAccounts[i])) yield return $"{path}:ServiceAccounts:{i}: must be namespace/name, such as shop/deployer; * stands for one whole name";
        }

        for (var i = 0; i < Audiences.Count; i++)
        {
            if (Audiences[i].Length is 0 or > 256 || Audiences[i].Any(c => c is <= ' ' or > '~')) yield return $"{path}:Audiences:{i}: must be 1 to 256 visible characters";
        }
    }
}
