using System.Net.Sockets;

namespace CredentialBroker.Sidecar;

/// <summary>HTTP over a unix socket: the way to a running sidecar and to a SPIFFE agent. No proxy, no redirects.</summary>
internal static class UnixConnection
{
    public static SocketsHttpHandler To(string socket) => new()
    {
        UseProxy = false,
        AllowAutoRedirect = false,
        UseCookies = false,
        ConnectCallback = async (_, cancel) =>
        {
            var connection = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                await connection.ConnectAsync(new UnixDomainSocketEndPoint(socket), cancel);
                return new NetworkStream(connection, ownsSocket: true);
            }
            catch
            {
                connection.Dispose();
                throw;
            }
        },
    };
}
