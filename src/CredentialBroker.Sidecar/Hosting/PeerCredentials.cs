using System.Buffers.Binary;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace CredentialBroker.Sidecar.Hosting;

/// <summary>Who is at the other end of a unix socket, as the kernel says.</summary>
internal static partial class PeerCredentials
{
    private const int SocketLevel = 1;
    private const int PeerOption = 17;

    /// <summary>The peer's user; null where the kernel does not say.</summary>
    public static uint? UserOf(Socket socket)
    {
        if (!OperatingSystem.IsLinux()) return null;
        // struct ucred: process, user, group.
        Span<byte> peer = stackalloc byte[12];
        return socket.GetRawSocketOption(SocketLevel, PeerOption, peer) == peer.Length ? BinaryPrimitives.ReadUInt32LittleEndian(peer[4..]) : null;
    }

    [LibraryImport("libc", EntryPoint = "geteuid")]
    public static partial uint Own();
}
