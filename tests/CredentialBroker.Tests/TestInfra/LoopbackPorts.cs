using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace CredentialBroker.TestInfra;

/// <summary>Free loopback ports below the range from which the kernel gives ports to outgoing connections.</summary>
public static class LoopbackPorts
{
    private const int First = 15000;
    private const int End = 32768;

    /// <summary>A port that nobody listened on a moment ago; the caller retries when another process was faster.</summary>
    public static int FindFree()
    {
        using var listener = Listen();
        return ((IPEndPoint)listener.LocalEndPoint!).Port;
    }

    /// <summary>A listening socket on a free port.</summary>
    public static Socket Listen()
    {
        while (true)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                socket.Bind(new IPEndPoint(IPAddress.Loopback, RandomNumberGenerator.GetInt32(First, End)));
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
