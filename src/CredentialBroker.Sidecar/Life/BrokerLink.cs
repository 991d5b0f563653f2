using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using CredentialBroker.Protocol;
using CredentialBroker.Sidecar.Configuration;
using CredentialBroker.Sidecar.Identity;

namespace CredentialBroker.Sidecar.Life;

/// <summary>The way to the broker. Every call proves anew who the workload is, with what its platform says at that moment.</summary>
internal sealed class BrokerLink : IDisposable
{
    private readonly Uri _address;
    private readonly TimeSpan _timeout;
    private readonly X509Certificate2Collection? _roots;
    private readonly IIdentity _identity;
    private readonly HttpClient _http;

    public BrokerLink(BrokerOptions options, IIdentity identity)
    {
        (_address, _timeout, _identity) = (options.Url!, options.Timeout, identity);
        if (options.CaFile is not null)
        {
            _roots = [];
            _roots.ImportFromPemFile(options.CaFile);
        }

        _http = Open(null);
    }

    /// <summary>Asks the broker as the workload.</summary>
    /// <exception cref="IdentityException">The workload cannot prove who it is.</exception>
    /// <exception cref="BrokerException">The broker said no.</exception>
    /// <exception cref="BrokerUnreachableException">No whole answer came.</exception>
    public async Task<T> AskAsync<T>(Func<BrokerClient, Task<T>> ask, CancellationToken cancel)
    {
        switch (await _identity.ProveAsync(cancel))
        {
            case Proof.Token token:
                return await ask(new BrokerClient(_http, token.Text));
            case Proof.Certificate certificate:
                // A connection of its own: the key of the connection is the proof, and may be another at the next call.
                using (certificate.Leaf)
                using (var http = Open(SslStreamCertificateContext.Create(certificate.Leaf, certificate.Chain, offline: true)))
                {
                    return await ask(new BrokerClient(http));
                }

            default:
                throw new InvalidOperationException("a proof is a token or a certificate");
        }
    }

    public void Dispose() => _http.Dispose();

    private HttpClient Open(SslStreamCertificateContext? certificate) =>
        new(BrokerHttp.Handler(_address, _roots, certificate), disposeHandler: true) { BaseAddress = _address, Timeout = _timeout };
}
