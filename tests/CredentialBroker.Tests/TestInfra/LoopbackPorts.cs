using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace CredentialBroker.TestInfra;

/// <summary>Free loopback ports below the range from which the kernel gives ports to outgoing connections.</summary>
public static class LoopbackPorts
{
    private const int First = 15000;
    private const int End = 32768;

    private static readonly HashSet<int> Given = [];

    /// <summary>
    /// A port that nobody listened on a moment ago, and that this process was not given before: whoever has it may be starting again just now,
    /// and would find another there that answers in his place.
    /// </summary>
    public static int FindFree()
    {
        while (true)
        {
            using var listener = Listen();
            var port = ((IPEndPoint)listener.LocalEndPoint!).Port;
            lock (Given)
            {
                if (Given.Add(port)) return port;
            }
        }
    }

    /// <summary>A listening socket on a free port.</summary>
    public static Socket Listen()
    {
        while (true)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                var port = RandomNumberGenerator.GetInt32(First, End);
                lock (Given)
                {
                    if (Given.Contains(port)) continue;
                }

                socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
                socket.Listen();
                return socket;
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.AddressAlreadyInUse or SocketError.AccessDenied)
            {
                socket.Dispose();
            }
        }
    }
}
