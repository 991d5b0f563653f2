using System.Net;
using System.Net.Sockets;
using System.Text;

namespace CredentialBroker.TestInfra;

public sealed class TcpProxyTests : IAsyncLifetime
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(150);
    private readonly EchoServer _echo = new();
    private readonly TcpProxy _proxy;

    public TcpProxyTests() => _proxy = TcpProxy.Start(_echo.Port);

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await _proxy.DisposeAsync();
        _echo.Dispose();
    }

    [Fact]
    public async Task Bytes_pass_both_ways_and_the_end_of_a_client_reaches_the_server()
    {
        using var client = await ConnectAsync();
        await client.SendAsync("hello"u8.ToArray());
        Assert.Equal("hello", await ReadAsync(client, 5));
        client.Shutdown(SocketShutdown.Send);
        Assert.Equal(0, await client.ReceiveAsync(new byte[1]).WaitAsync(Limit));
        await UntilAsync(() => _proxy.OpenConnections == 0);
    }

    [Fact]
    public async Task What_is_sent_during_a_pause_is_delivered_in_order_at_resume()
    {
        using var client = await ConnectAsync();
        await client.SendAsync("a"u8.ToArray());
        Assert.Equal("a", await ReadAsync(client, 1));
        _proxy.Pause();
        await client.SendAsync("b"u8.ToArray());
        await client.SendAsync("c"u8.ToArray());
        await Task.Delay(Moment);
        Assert.Equal("a", _echo.Received);
        _proxy.Resume();
        Assert.Equal("bc", await ReadAsync(client, 2));
    }

    [Fact]
    public async Task What_is_held_reaches_the_server_after_the_client_was_cut()
    {
        using var client = await ConnectAsync();
        _proxy.Pause();
        await client.SendAsync("late"u8.ToArray());
        await Task.Delay(Moment);
        _proxy.CutClients();
        await AssertResetAsync(client);
        Assert.Equal("", _echo.Received);
        _proxy.Resume();
        await _proxy.DeliveredAsync().WaitAsync(Limit);
        await UntilAsync(() => _echo.Received == "late");
        await Task.Delay(Moment);
        Assert.Equal(1, _echo.Open);
        _proxy.CutAll();
        await UntilAsync(() => _echo.Open == 0);
    }

    [Fact]
    public async Task What_is_held_reaches_the_server_after_the_client_closed()
    {
        var client = await ConnectAsync();
        _proxy.Pause();
        await client.SendAsync("late"u8.ToArray());
        client.Dispose();
        await Task.Delay(Moment);
        _proxy.Resume();
        await UntilAsync(() => _echo.Received == "late" && _echo.Open == 0);
    }

    [Fact]
    public async Task A_matching_message_is_held_while_its_client_is_cut_and_delivered_at_resume()
    {
        using var other = await ConnectAsync();
        using var client = await ConnectAsync();
        var detached = _proxy.DetachNextClientBytesMatching("COMMIT"u8.ToArray());
        await client.SendAsync("COMMIT;"u8.ToArray());
        await detached.WaitAsync(Limit);
        await AssertResetAsync(client);
        await other.SendAsync("x"u8.ToArray());
        Assert.Equal("x", await ReadAsync(other, 1));
        Assert.Equal("x", _echo.Received);
        _proxy.Resume();
        await UntilAsync(() => _echo.Received == "xCOMMIT;");
    }

    [Fact]
    public async Task A_matching_message_is_held_while_its_client_waits()
    {
        using var client = await ConnectAsync();
        var held = _proxy.HoldNextClientBytesMatching("COMMIT"u8.ToArray());
        await client.SendAsync("COMMIT;"u8.ToArray());
        await held.WaitAsync(Limit);
        await Task.Delay(Moment);
        Assert.Equal("", _echo.Received);
        _proxy.Resume();
        Assert.Equal("COMMIT;", await ReadAsync(client, 7));
    }

    [Fact]
    public async Task The_answer_to_a_matching_message_is_lost_and_the_client_is_cut()
    {
        using var client = await ConnectAsync();
        var lost = _proxy.LoseAnswerToNextClientBytesMatching("COMMIT"u8.ToArray());
        await client.SendAsync("before"u8.ToArray());
        Assert.Equal("before", await ReadAsync(client, 6));
        await client.SendAsync("COMMIT"u8.ToArray());
        await lost.WaitAsync(Limit);
        Assert.Equal("beforeCOMMIT", _echo.Received);
        await AssertResetAsync(client);
    }

    [Fact]
    public async Task Answers_after_a_matching_message_are_swallowed_while_the_client_waits()
    {
        using var client = await ConnectAsync();
        var swallowed = _proxy.SwallowAnswersAfterNextClientBytesMatching("COMMIT"u8.ToArray());
        await client.SendAsync("COMMIT"u8.ToArray());
        await swallowed.WaitAsync(Limit);
        using var impatient = new CancellationTokenSource(Moment);
        await Assert.ThrowsAsync<OperationCanceledException>(async () => await client.ReceiveAsync(new byte[1], impatient.Token));
    }

    [Fact]
    public async Task A_pattern_split_over_two_sends_is_found_and_cuts_after_delivery()
    {
        using var client = await ConnectAsync();
        var cut = _proxy.CutAfterNextClientBytesMatching("COMMIT"u8.ToArray());
        await client.SendAsync("xxCOM"u8.ToArray());
        Assert.Equal("xxCOM", await ReadAsync(client, 5));
        await client.SendAsync("MITyy"u8.ToArray());
        await cut.WaitAsync(Limit);
        await UntilAsync(() => _echo.Received == "xxCOMMITyy");
        await AssertResetAsync(client, afterBytes: true);
    }

    [Fact]
    public async Task A_cut_before_a_matching_message_keeps_it_from_the_server()
    {
        using var client = await ConnectAsync();
        await client.SendAsync("a"u8.ToArray());
        Assert.Equal("a", await ReadAsync(client, 1));
        var cut = _proxy.CutBeforeNextClientBytesMatching("COMMIT"u8.ToArray());
        await client.SendAsync("COMMIT"u8.ToArray());
        await cut.WaitAsync(Limit);
        await AssertResetAsync(client);
        await UntilAsync(() => _echo.Open == 0);
        Assert.Equal("a", _echo.Received);
    }

    [Fact]
    public async Task A_fault_fires_once()
    {
        var cut = _proxy.CutAfterNextClientBytesMatching("x"u8.ToArray());
        using var first = await ConnectAsync();
        await first.SendAsync("x"u8.ToArray());
        await cut.WaitAsync(Limit);
        using var second = await ConnectAsync();
        await second.SendAsync("x"u8.ToArray());
        Assert.Equal("x", await ReadAsync(second, 1));
    }

    [Fact]
    public async Task Cutting_all_resets_clients_and_forgets_what_was_held()
    {
        using var client = await ConnectAsync();
        _proxy.Pause();
        await client.SendAsync("never"u8.ToArray());
        await Task.Delay(Moment);
        _proxy.CutAll();
        await AssertResetAsync(client);
        _proxy.Resume();
        await UntilAsync(() => _proxy.OpenConnections == 0 && _echo.Open == 0);
        Assert.Equal("", _echo.Received);
    }

    [Fact]
    public async Task A_refusing_proxy_and_a_missing_target_reset_the_client()
    {
        _proxy.Refuse(true);
        await AssertRefusedAsync(_proxy.Port);
        await using var nowhere = TcpProxy.Start(LoopbackPorts.FindFree());
        await AssertRefusedAsync(nowhere.Port);
    }

    [Fact]
    public async Task What_a_connection_holds_is_bounded()
    {
        using var client = await ConnectAsync();
        _proxy.Pause();
        var chunk = new byte[256 * 1024];
        long sent = 0;
        using var full = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        await Assert.ThrowsAsync<OperationCanceledException>(async () =>
        {
            while (sent < 256L << 20)
            {
                sent += await client.SendAsync(chunk, full.Token);
            }
        });
        Assert.True(sent < 64 << 20, $"The proxy took {sent} bytes.");
    }

    private Task<Socket> ConnectAsync() => ConnectAsync(_proxy.Port);

    private static async Task<Socket> ConnectAsync(int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, port);
        return socket;
    }

    private static async Task<string> ReadAsync(Socket socket, int length)
    {
        var bytes = new byte[length];
        for (var read = 0; read < length;)
        {
            var more = await socket.ReceiveAsync(bytes.AsMemory(read)).AsTask().WaitAsync(Limit);
            Assert.NotEqual(0, more);
            read += more;
        }

        return Encoding.ASCII.GetString(bytes);
    }

    private static async Task AssertResetAsync(Socket socket, bool afterBytes = false)
    {
        var reset = await Assert.ThrowsAsync<SocketException>(async () =>
        {
            while (await socket.ReceiveAsync(new byte[64]).WaitAsync(Limit) > 0 && afterBytes)
            {
                // An answer that was faster than the cut.
            }
        });
        Assert.Equal(SocketError.ConnectionReset, reset.SocketErrorCode);
    }

    private static async Task AssertRefusedAsync(int port)
    {
        // The reset may be seen by the connect or by the read after it.
        var reset = await Assert.ThrowsAsync<SocketException>(async () =>
        {
            using var client = await ConnectAsync(port);
            await client.ReceiveAsync(new byte[1]).WaitAsync(Limit);
        });
        Assert.Equal(SocketError.ConnectionReset, reset.SocketErrorCode);
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        using var limit = new CancellationTokenSource(Limit);
        while (!condition())
        {
            await Task.Delay(5, limit.Token);
        }
    }

    /// <summary>Answers every byte with itself and remembers what it received, over all connections.</summary>
    private sealed class EchoServer : IDisposable
    {
        private readonly Socket _listener = LoopbackPorts.Listen();
        private readonly StringBuilder _received = new();
        private int _open;

        public EchoServer() => _ = AcceptAsync();

        public int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port;

        public int Open => Volatile.Read(ref _open);

        public string Received
        {
            get
            {
                lock (_received)
                {
                    return _received.ToString();
                }
            }
        }

        public void Dispose() => _listener.Dispose();

        private async Task AcceptAsync()
        {
            try
            {
                while (true)
                {
                    _ = EchoAsync(await _listener.AcceptAsync());
                }
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // Disposed.
            }
        }

        private async Task EchoAsync(Socket socket)
        {
            Interlocked.Increment(ref _open);
            try
            {
                var buffer = new byte[4096];
                int read;
                while ((read = await socket.ReceiveAsync(buffer)) > 0)
                {
                    lock (_received)
                    {
                        _received.Append(Encoding.ASCII.GetString(buffer, 0, read));
                    }

                    await socket.SendAsync(buffer.AsMemory(0, read));
                }
            }
            catch (SocketException)
            {
                // The proxy cut it.
            }
            finally
            {
                socket.Dispose();
                Interlocked.Decrement(ref _open);
            }
        }
    }
}
