using System.Net;
using System.Net.Security;
using System.Net.Sockets;

namespace CredentialBroker.Attestation;

/// <summary>A key set behind a URL that an operator wrote down. Whatever answers there is not yet trusted to behave.</summary>
internal sealed class KeyEndpoint(Uri url, HttpClient http)
{
    internal static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);

    internal async Task<byte[]> ReadAsync(CancellationToken cancel)
    {
        using var answer = await http.GetAsync(url, HttpCompletionOption.ResponseContentRead, cancel).ConfigureAwait(false);
        return answer.StatusCode == HttpStatusCode.OK
            ? await answer.Content.ReadAsByteArrayAsync(cancel).ConfigureAwait(false)
            : throw new HttpRequestException($"The key set's URL answered {(int)answer.StatusCode}.", null, answer.StatusCode);
    }

    /// <summary>A client that follows nothing, believes no proxy, and stops after 64 KiB or five seconds.</summary>
    /// <param name="allowLoopback">Whether this machine itself may be asked.</param>
    /// <param name="serverIs">Judges the server's certificate where it need not be one that this machine trusts.</param>
    internal static HttpClient Client(bool allowLoopback, RemoteCertificateValidationCallback? serverIs = null)
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseProxy = false,
            UseCookies = false,
            AutomaticDecompression = DecompressionMethods.None,
            MaxResponseHeadersLength = 16,
            ConnectTimeout = Timeout,
            PooledConnectionLifetime = TimeSpan.FromMinutes(2),
            ConnectCallback = (context, cancel) => ConnectAsync(context.DnsEndPoint, allowLoopback, cancel),
        };
        if (serverIs is not null)
        {
            handler.SslOptions.RemoteCertificateValidationCallback = serverIs;
        }

        return new HttpClient(handler) { Timeout = Timeout, MaxResponseContentBufferSize = KeySet.MaxBytes };
    }

    // The addresses judged are the ones connected to: a name that resolves differently a moment later gains nothing.
    private static async ValueTask<Stream> ConnectAsync(DnsEndPoint target, bool allowLoopback, CancellationToken cancel)
    {
        var addresses = IPAddress.TryParse(target.Host, out var literal)
            ? [literal]
            : await Dns.GetHostAddressesAsync(target.Host, cancel).ConfigureAwait(false);
        if (addresses.Length == 0 || addresses.Any(address => !ReachableAddress.Allows(address, allowLoopback)))
        {
            throw new HttpRequestException("The key set's host resolves to an address that is never asked for keys.");
        }

        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(addresses, target.Port, cancel).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
