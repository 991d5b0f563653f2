using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using CredentialBroker.Protocol;

namespace CredentialBroker.Backends.Wires;

/// <summary>
/// The HTTP wire to one target: follows no redirect, believes no proxy, reads a bounded answer, and is done within the
/// target's time-out. It asks once: whether asking again is harmless is for the caller to know.
/// </summary>
internal sealed class Wire : IDisposable
{
    private readonly string _backend;
    private readonly HttpClient _http;

    /// <param name="backend">Named in what is thrown.</param>
    public Wire(string backend, WireOptions options)
    {
        _backend = backend;
        var handler = HandlerOf(options);
        _http = new HttpClient(handler) { BaseAddress = options.Address, Timeout = options.Timeout, MaxResponseContentBufferSize = options.AnswerBytes };
    }

    /// <summary>The same manners for a client that brings its own way of asking.</summary>
    public static SocketsHttpHandler HandlerOf(WireOptions options)
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false, UseProxy = false, UseCookies = false, AutomaticDecompression = DecompressionMethods.None,
            MaxResponseHeadersLength = 16, ConnectTimeout = options.Timeout, PooledConnectionLifetime = TimeSpan.FromMinutes(2),
        };
        if (options.RootCertificateFile is { } roots) handler.SslOptions.CertificateChainPolicy = TrustingOnly(roots);
        // Read at every connection: such certificates are short-lived, and followed by others under the same name.
        if (options.ClientCertificate is var (certificate, key))
            handler.SslOptions.LocalCertificateSelectionCallback = (_, _, _, _, _) => X509Certificate2.CreateFromPemFile(certificate, key);
        return handler;
    }

    /// <exception cref="BackendException">No answer: what was asked may or may not have been done.</exception>
    public async ValueTask<WireAnswer> SendAsync(HttpRequestMessage request, CancellationToken cancel)
    {
        // Content of no bytes where there is none: the handler sends again, unasked, what has no content and met a closing
        // connection, and a request that makes something would make it twice.
        request.Content ??= new ByteArrayContent([]);
        try
        {
            using var answer = await _http.SendAsync(request, cancel);
            return new WireAnswer(answer.StatusCode, answer.Content.Headers.ContentType?.MediaType, await answer.Content.ReadAsByteArrayAsync(cancel));
        }
        catch (Exception error) when (error is HttpRequestException or IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw Unavailable("the target cannot be reached, or its answer is none that is read", error);
        }
        catch (OperationCanceledException error) when (!cancel.IsCancellationRequested)
        {
            throw Unavailable("the target did not answer in time", error);
        }
    }

    public void Dispose() => _http.Dispose();

    private static X509ChainPolicy TrustingOnly(string file)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.ImportFromPemFile(file);
        return policy;
    }

    private BackendException Unavailable(string detail, Exception inner) => new(_backend, ReasonCodes.TargetUnavailable, detail, transient: true, inner);
}
