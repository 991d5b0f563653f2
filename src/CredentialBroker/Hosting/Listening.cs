using System.Diagnostics.CodeAnalysis;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace CredentialBroker.Hosting;

/// <summary>How the broker listens: TLS by its own files, and no caller that can hold a connection by being slow.</summary>
internal static class Listening
{
    /// <summary>For a TLS handshake, and for the whole of a request's headers.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>In bytes a second, after the grace: the largest body that is allowed takes at most a minute or so.</summary>
    private static readonly MinDataRate SlowestBody = new(bytesPerSecond: 2048, gracePeriod: TimeSpan.FromSeconds(5));

    public static void Listen(this IWebHostBuilder web, HostingOptions options)
    {
        // A request goes on where its bytes were read: no handler waits for anything by blocking, but for the embedded store's short statements.
        web.UseSockets(sockets => sockets.UnsafePreferInlineScheduling = true);
        web.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = options.MaxBodyBytes;
            kestrel.Limits.RequestHeadersTimeout = Patience;
            kestrel.Limits.MinRequestBodyDataRate = SlowestBody;
            kestrel.Limits.KeepAliveTimeout = TimeSpan.FromMinutes(2);
            if (!options.IsHttps) return;
            var certificate = kestrel.ApplicationServices.GetRequiredService<ServerCertificate>();
            kestrel.Listen(options.Ip!, options.Address!.Port, listen => listen.UseHttps(new TlsHandshakeCallbackOptions
            {
                HandshakeTimeout = Patience,
                OnConnection = context => ValueTask.FromResult(Handshake(certificate.Current, context.Connection)),
            }));
        });
        if (!options.IsHttps) web.UseUrls(options.Listen);
    }

    [SuppressMessage("Security", "CA5359", Justification = "The certificates are callers', and the rooms judge them; see below.")]
    private static SslServerAuthenticationOptions Handshake(SslStreamCertificateContext certificate, ConnectionContext connection) => new()
    {
        ServerCertificateContext = certificate,
        EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
        // Asked for and not demanded. TLS proves that the caller holds the key; whose certificate it is, and by which trust
        // domain's root, is for the rooms to judge: there is no merged root store here that would vouch for all of them.
        ClientCertificateRequired = true,
        RemoteCertificateValidationCallback = (_, _, chain, _) =>
        {
            // What came beside the leaf, as copies: the handshake's own are gone when this returns.
            connection.Features.Set(new X509Certificate2Collection((chain?.ChainPolicy.ExtraStore ?? []).Select(c => X509CertificateLoader.LoadCertificate(c.RawData)).ToArray()));
            return true;
        },
        CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
    };
}
