using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;

namespace CredentialBroker.TestInfra;

/// <summary>
/// One proxied connection: client → pipe → server, and server → client. The pipe is what is held. When a client ends, the
/// server learns of it after the bytes that were held. When the proxy cuts the client, the server learns nothing: its side
/// stays open until the server closes it or the whole connection is cut.
/// </summary>
internal sealed class TcpProxyConnection(TcpProxy proxy, Socket client, IPEndPoint target)
{
    private readonly Lock _lock = new();
    private readonly Pipe _held = new(new PipeOptions(
        pauseWriterThreshold: TcpProxy.HeldLimit, resumeWriterThreshold: TcpProxy.HeldLimit / 2, useSynchronizationContext: false));
    private readonly Socket _server = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly CancellationTokenSource _cut = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource? _gate;
    private TcpProxyFault? _losing;
    private TaskCompletionSource? _drained;
    private long _accepted;
    private long _delivered;
    private volatile bool _clientCut;
    private volatile bool _clientGone;
    private volatile bool _swallow;

    public Task Completion => _ended.Task;

    public void Begin() => _ = RunAsync();

    /// <summary>Holds what was not delivered yet and all that follows, or lets it go.</summary>
    public void SetHolding(bool hold)
    {
        lock (_lock)
        {
            if (hold)
            {
                _gate ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }
            else
            {
                _gate?.SetResult();
                _gate = null;
            }
        }
    }

    public void CutClient()
    {
        _clientCut = true;
        // A reset, not a polite end: that is what a failed network or a killed process looks like.
        client.Close(timeout: 0);
    }

    public void CutBoth()
    {
        CutClient();
        _cut.Cancel();
    }

    public Task DeliveredAsync()
    {
        lock (_lock)
        {
            if (_accepted == _delivered)
            {
                return Task.CompletedTask;
            }

            _drained ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return Task.WhenAny(_drained.Task, Completion);
        }
    }

    private async Task RunAsync()
    {
        try
        {
            client.NoDelay = true;
            await _server.ConnectAsync(target, _cut.Token);
            await Task.WhenAll(ReadClientAsync(), EndingAllAsync(WriteServerAsync()), EndingAllAsync(ReadServerAsync()));
        }
        catch (Exception e) when (IsEnd(e))
        {
            // Cut, or the target refused or reset the connection: the client sees a reset too.
            CutClient();
        }
        finally
        {
            client.Dispose();
            _server.Dispose();
            _ended.SetResult();
        }
    }

    private async Task ReadClientAsync()
    {
        var earlier = new byte[TcpProxyFault.Remembered];
        var remembered = 0;
        try
        {
            while (true)
            {
                var buffer = _held.Writer.GetMemory(16 * 1024);
                var read = await client.ReceiveAsync(buffer, _cut.Token);
                if (read == 0)
                {
                    break;
                }

                var fault = proxy.TakeFault(earlier.AsSpan(0, remembered), buffer.Span[..read]);
                remembered = Remember(earlier, remembered, buffer.Span[..read]);
                if (fault?.Kind == TcpProxyFaultKind.CutBefore)
                {
                    CutBoth();
                    fault.Fired.SetResult();
                    break;
                }

                Prepare(fault);
                lock (_lock)
                {
                    _accepted += read;
                }

                _held.Writer.Advance(read);
                await _held.Writer.FlushAsync(_cut.Token);
                if (fault is not null && await ConcludeAsync(fault))
                {
                    break;
                }
            }
        }
        catch (Exception e) when (IsEnd(e))
        {
            // The client is gone; what it sent before still goes to the server.
        }
        finally
        {
            await _held.Writer.CompleteAsync();
        }
    }

    /// <summary>What must be in place before the server sees the matching bytes.</summary>
    private void Prepare(TcpProxyFault? fault)
    {
        switch (fault?.Kind)
        {
            case TcpProxyFaultKind.LoseAnswer or TcpProxyFaultKind.SwallowAnswers:
                _losing = fault;
                _swallow = true;
                break;
            case TcpProxyFaultKind.Hold or TcpProxyFaultKind.Detach:
                SetHolding(true);
                break;
        }
    }

    /// <summary>What follows once the matching bytes are on their way or held; true when the client is read no further.</summary>
    private async Task<bool> ConcludeAsync(TcpProxyFault fault)
    {
        switch (fault.Kind)
        {
            case TcpProxyFaultKind.CutAfter:
                await DeliveredAsync().WaitAsync(_cut.Token);
                CutBoth();
                fault.Fired.SetResult();
                return true;
            case TcpProxyFaultKind.Detach:
                CutClient();
                fault.Fired.SetResult();
                return true;
            case TcpProxyFaultKind.Hold:
                fault.Fired.SetResult();
                return false;
            default:
                return false;
        }
    }

    private async Task WriteServerAsync()
    {
        while (true)
        {
            var read = await _held.Reader.ReadAsync(_cut.Token);
            // Looked at after the read: bytes that arrive after Pause() returned are never past the gate.
            while (Gate() is { } gate)
            {
                await gate.WaitAsync(_cut.Token);
            }

            foreach (var segment in read.Buffer)
            {
                for (var rest = segment; !rest.IsEmpty;)
                {
                    rest = rest[await _server.SendAsync(rest, _cut.Token)..];
                }
            }

            var length = read.Buffer.Length;
            _held.Reader.AdvanceTo(read.Buffer.End);
            lock (_lock)
            {
                _delivered += length;
                if (_accepted == _delivered)
                {
                    _drained?.SetResult();
                    _drained = null;
                }
            }

            if (read.IsCompleted)
            {
                break;
            }
        }

        // The client's own end is passed on; of a cut the server hears nothing.
        if (!_clientCut)
        {
            _server.Shutdown(SocketShutdown.Send);
        }
    }

    private async Task ReadServerAsync()
    {
        var buffer = new byte[16 * 1024];
        int read;
        while ((read = await _server.ReceiveAsync(buffer, _cut.Token)) > 0)
        {
            if (_swallow)
            {
                var lost = Interlocked.Exchange(ref _losing, null);
                if (lost?.Kind == TcpProxyFaultKind.LoseAnswer)
                {
                    CutBoth();
                }

                lost?.Fired.SetResult();
            }
            else if (!_clientCut && !_clientGone)
            {
                await AnswerAsync(buffer.AsMemory(0, read));
            }
        }

        // The server ended the connection: nothing can be delivered any more. An ordinary close lets the client read
        // the answers that are on their way.
        client.Dispose();
        await _cut.CancelAsync();
    }

    private async Task AnswerAsync(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            while (!bytes.IsEmpty)
            {
                bytes = bytes[await client.SendAsync(bytes, _cut.Token)..];
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The client left; the server's answers are thrown away, and what is held may still be delivered.
            _clientGone = true;
        }
    }

    /// <summary>When one of the server's directions fails, the others must not wait for it.</summary>
    private async Task EndingAllAsync(Task direction)
    {
        try
        {
            await direction;
        }
        catch (Exception e) when (IsEnd(e))
        {
            await _cut.CancelAsync();
            throw;
        }
    }

    private Task? Gate()
    {
        lock (_lock)
        {
            return _gate?.Task;
        }
    }

    private static int Remember(byte[] earlier, int remembered, ReadOnlySpan<byte> chunk)
    {
        if (chunk.Length >= earlier.Length)
        {
            chunk[^earlier.Length..].CopyTo(earlier);
            return earlier.Length;
        }

        var keep = Math.Min(remembered, earlier.Length - chunk.Length);
        earlier.AsSpan(remembered - keep, keep).CopyTo(earlier);
        chunk.CopyTo(earlier.AsSpan(keep));
        return keep + chunk.Length;
    }

    private static bool IsEnd(Exception e) => e is OperationCanceledException or SocketException or ObjectDisposedException;
}
