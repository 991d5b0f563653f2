using System.Net;
using System.Net.Sockets;

namespace CredentialBroker.TestInfra;

/// <summary>
/// A loopback TCP proxy that misbehaves on request: it holds what clients send and delivers it late (also after the client
/// is gone), loses the answer to a message, or cuts connections. Each one-time fault is armed with a byte pattern; the
/// first connection on which clients' bytes match fires it, and the returned task completes then.
/// </summary>
public sealed class TcpProxy : IAsyncDisposable
{
    /// <summary>A connection holds at most this much; after that it reads no further, as a full network would.</summary>
    internal const int HeldLimit = 4 << 20;

    /// <summary>
    /// PostgreSQL's COMMIT message, with the zero that ends it: the bare word is also in BEGIN … READ COMMITTED.
    /// </summary>
    public static byte[] PostgresCommit => [.. "COMMIT\0"u8];

    private readonly Lock _lock = new();
    private readonly List<TcpProxyConnection> _connections = [];
    private readonly List<TcpProxyFault> _faults = [];
    private readonly Socket _listener = LoopbackPorts.Listen();
    private readonly CancellationTokenSource _stop = new();
    private readonly IPEndPoint _target;
    private readonly Task _accepting;
    private bool _paused;
    private volatile bool _refusing;

    private TcpProxy(IPEndPoint target)
    {
        _target = target;
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port;

    public int OpenConnections
    {
        get
        {
            lock (_lock)
            {
                return _connections.Count;
            }
        }
    }

    public static TcpProxy Start(int targetPort) => Start(new IPEndPoint(IPAddress.Loopback, targetPort));

    public static TcpProxy Start(IPEndPoint target) => new(target);

    /// <summary>Holds, on every connection, what clients send from now on. Answers still pass.</summary>
    public void Pause() => SetPaused(true);

    /// <summary>Delivers everything that is held, in order, also for clients that are gone, and lets later bytes pass.</summary>
    public void Resume() => SetPaused(false);

    /// <summary>New connections are reset at once while true; connections that exist are not touched.</summary>
    public void Refuse(bool refuse) => _refusing = refuse;

    /// <summary>Cuts a connection before the server sees the matching bytes.</summary>
    public Task CutBeforeNextClientBytesMatching(byte[] pattern) => Arm(TcpProxyFaultKind.CutBefore, pattern);

    /// <summary>Delivers the matching bytes to the server and cuts the connection right after, whether it answered or not.</summary>
    public Task CutAfterNextClientBytesMatching(byte[] pattern) => Arm(TcpProxyFaultKind.CutAfter, pattern);

    /// <summary>
    /// Delivers the matching bytes, throws the server's answer away and then cuts the connection: the lost answer to a
    /// COMMIT. The task completes when the server has answered, so what it did is done.
    /// </summary>
    public Task LoseAnswerToNextClientBytesMatching(byte[] pattern) => Arm(TcpProxyFaultKind.LoseAnswer, pattern);

    /// <summary>As <see cref="LoseAnswerToNextClientBytesMatching"/>, but the client is left waiting on an open connection.</summary>
    public Task SwallowAnswersAfterNextClientBytesMatching(byte[] pattern) => Arm(TcpProxyFaultKind.SwallowAnswers, pattern);

    /// <summary>Holds the matching bytes, and what this client sends after them, until <see cref="Resume"/>.</summary>
    public Task HoldNextClientBytesMatching(byte[] pattern) => Arm(TcpProxyFaultKind.Hold, pattern);

    /// <summary>
    /// Holds the matching bytes and cuts the client, while the server's side stays open: <see cref="Resume"/> delivers
    /// them although nobody waits any more.
    /// </summary>
    public Task DetachNextClientBytesMatching(byte[] pattern) => Arm(TcpProxyFaultKind.Detach, pattern);

    /// <summary>Cuts every client. Bytes that are held stay held, and <see cref="Resume"/> still delivers them.</summary>
    public void CutClients()
    {
        foreach (var connection in Snapshot())
        {
            connection.CutClient();
        }
    }

    /// <summary>Cuts every connection on both sides and forgets what was held.</summary>
    public void CutAll()
    {
        foreach (var connection in Snapshot())
        {
            connection.CutBoth();
        }
    }

    /// <summary>Completes when nothing that clients sent is waiting to be delivered.</summary>
    public Task DeliveredAsync() => Task.WhenAll(Snapshot().Select(connection => connection.DeliveredAsync()));

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _accepting;
        var connections = Snapshot();
        CutAll();
        await Task.WhenAll(connections.Select(connection => connection.Completion));
        _stop.Dispose();
    }

    /// <summary>The armed fault that the bytes match, which is thereby used up.</summary>
    internal TcpProxyFault? TakeFault(ReadOnlySpan<byte> earlier, ReadOnlySpan<byte> chunk)
    {
        lock (_lock)
        {
            foreach (var fault in _faults)
            {
                if (fault.Matches(earlier, chunk))
                {
                    _faults.Remove(fault);
                    return fault;
                }
            }
        }

        return null;
    }

    private Task Arm(TcpProxyFaultKind kind, byte[] pattern)
    {
        var fault = new TcpProxyFault(kind, pattern);
        lock (_lock)
        {
            _faults.Add(fault);
        }

        return fault.Fired.Task;
    }

    private void SetPaused(bool paused)
    {
        lock (_lock)
        {
            _paused = paused;
            foreach (var connection in _connections)
            {
                connection.SetHolding(paused);
            }
        }
    }

    private TcpProxyConnection[] Snapshot()
    {
        lock (_lock)
        {
            return [.. _connections];
        }
    }

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                Begin(await _listener.AcceptAsync(_stop.Token));
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                // Either the end, or a client that left before it was accepted.
            }
        }
    }

    private void Begin(Socket client)
    {
        if (_refusing)
        {
            client.Close(timeout: 0);
            return;
        }

        TcpProxyConnection connection;
        lock (_lock)
        {
            connection = new TcpProxyConnection(this, client, _target);
            connection.SetHolding(_paused);
            _connections.Add(connection);
        }

        connection.Begin();
        _ = connection.Completion.ContinueWith(
            _ =>
            {
                lock (_lock)
                {
                    _connections.Remove(connection);
                }
            },
            TaskScheduler.Default);
    }
}
