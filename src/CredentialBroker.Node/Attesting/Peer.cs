using System.Buffers.Binary;
using System.Globalization;
using System.Net.Sockets;

namespace CredentialBroker.Node.Attesting;

/// <summary>
/// The process at the other end of a unix socket, held on to: its folder in <c>/proc</c> is opened before anything of it is
/// read, and when it started is compared at the end, so that another process under its number is not taken for it.
/// </summary>
internal sealed class Peer : IDisposable
{
    private const int SocketLevel = 1, Credentials = 17, ProcessHandle = 77;

    private readonly FileStream _stat;
    private readonly string _started;
    private readonly Microsoft.Win32.SafeHandles.SafeFileHandle? _handle;

    private Peer(int process, FileStream stat, string started, Microsoft.Win32.SafeHandles.SafeFileHandle? handle) => (Process, _stat, _started, _handle) = (process, stat, started, handle);

    public int Process { get; }

    /// <exception cref="RefusedException">The kernel does not say who it is, or it is gone.</exception>
    public static Peer Of(Socket socket)
    {
        // struct ucred: process, user, group.
        Span<byte> credentials = stackalloc byte[12];
        if (socket.GetRawSocketOption(SocketLevel, Credentials, credentials) != credentials.Length) throw Unknown("the kernel does not say who asks");
        var process = BinaryPrimitives.ReadInt32LittleEndian(credentials);
        if (process <= 0) throw Unknown("who asks is of another process namespace");
        var handle = HandleOf(socket);
        try
        {
            // The kernel reads what is behind an open file of /proc from that process alone, or fails.
            var stat = new FileStream($"/proc/{process}/stat", FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
            return new Peer(process, stat, StartIn(stat), handle);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            handle?.Dispose();
            throw Unknown("who asks is gone");
        }
    }

    /// <summary>The container that it is in: the only one that its control groups name.</summary>
    public string Container() => CgroupText.ContainerIn(Read("cgroup"));

    /// <exception cref="RefusedException">It is not the process any more that asked.</exception>
    public void Recheck()
    {
        try
        {
            _stat.Position = 0;
            if (StartIn(_stat) == _started && StartOf(File.ReadAllText($"/proc/{Process}/stat")) == _started) return;
        }
        catch (IOException)
        {
        }

        throw Unknown("who asked is gone");
    }

    public void Dispose()
    {
        _stat.Dispose();
        _handle?.Dispose();
    }

    private string Read(string file)
    {
        try
        {
            return File.ReadAllText($"/proc/{Process}/{file}");
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw Unknown("who asks is gone");
        }
    }

    /// <summary>Held for as long as the peer is asked about, where the kernel gives one (Linux 6.5): the number is not given to another meanwhile.</summary>
    private static Microsoft.Win32.SafeHandles.SafeFileHandle? HandleOf(Socket socket)
    {
        Span<byte> option = stackalloc byte[4];
        try
        {
            return socket.GetRawSocketOption(SocketLevel, ProcessHandle, option) == 4 ? new Microsoft.Win32.SafeHandles.SafeFileHandle(BinaryPrimitives.ReadInt32LittleEndian(option), ownsHandle: true) : null;
        }
        catch (SocketException)
        {
            return null;
        }
    }

    private static string StartIn(FileStream stat)
    {
        Span<byte> text = stackalloc byte[2048];
        var read = stat.Read(text);
        return read > 0 ? StartOf(System.Text.Encoding.UTF8.GetString(text[..read])) : throw new IOException("the process is gone");
    }

    /// <summary>Field 22, counted behind the last bracket: a process's own name may hold anything.</summary>
    private static string StartOf(string stat) =>
        stat[(stat.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries) is { Length: > 19 } fields ? string.Create(CultureInfo.InvariantCulture, $"{fields[19]}") : throw new IOException("the process is gone");

    private static RefusedException Unknown(string why) => new(Refusals.Unbound, why);
}
