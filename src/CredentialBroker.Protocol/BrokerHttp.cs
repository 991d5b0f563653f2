using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace CredentialBroker.Protocol;

/// <summary>The transport that <see cref="BrokerClient"/> is meant to run on: no redirects, no cookies, no proxy on the way to loopback.</summary>
public static class BrokerHttp
{
    /// <summary>Makes the transport.</summary>
    /// <param name="address">Where the broker listens.</param>
    /// <param name="roots">The only certificate authorities to trust; null trusts the system's.</param>
    /// <param name="certificate">The client certificate to show when asked for one; null shows none.</param>
    public static SocketsHttpHandler Handler(Uri address, X509Certificate2Collection? roots = null, SslStreamCertificateContext? certificate = null)
    {
        ArgumentNullException.ThrowIfNull(address);
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            // A proxy named in the environment must not see what is meant for this host.
            UseProxy = !address.IsLoopback,
            ConnectTimeout = TimeSpan.FromSeconds(10),
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        };
        handler.SslOptions.ClientCertificateContext = certificate;
        if (roots is null) return handler;
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
        };
        policy.CustomTrustStore.AddRange(roots);
        handler.SslOptions.CertificateChainPolicy = policy;
        return handler;
    }
}
