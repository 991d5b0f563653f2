using System.Net;
using System.Net.Sockets;
using System.Text;
using CredentialBroker.Sidecar.FrontEnds.AwsContainer;
using CredentialBroker.Sidecar.FrontEnds.Local;
using CredentialBroker.Sidecar.Hosting;
using CredentialBroker.Sidecar.Tests.TestInfra;

namespace CredentialBroker.Sidecar.Tests.Hosting;

/// <summary>What every listener refuses, whatever dialect is behind it.</summary>
public sealed class GuardTests : Rig
{
    private string Token => File.ReadAllText(PathOf("aws-token"));

    [Fact]
    public async Task Only_requests_meant_for_this_machine_are_answered()
    {
        await using var sidecar = await StartAsync(Configured());
        var port = FrontEnd<AwsContainerFrontEnd>(sidecar).Port;
        using var caller = new Caller(port);
        foreach (var host in new[] { $"127.0.0.1:{port}", $"localhost:{port}" }) Assert.Equal(200, (await AskAsync(caller, ("Host", host))).Status);
        foreach (var host in new[] { "evil.example", $"evil.example:{port}", "127.0.0.1", $"127.0.0.1:{port + 1}", $"127.0.0.2:{port}", "169.254.169.254", $"localhost.evil.example:{port}", $"[::1]:{port}" })
        {
            var reply = await AskAsync(caller, ("Host", host));
            Assert.Equal((403, "host_refused"), (reply.Status, reply.Text("code")));
        }
    }

    [Theory]
    [InlineData("X-Forwarded-For", "10.0.0.1")]
    [InlineData("x-forwarded-host", "a")]
    [InlineData("Forwarded", "for=10.0.0.1")]
    [InlineData("Via", "1.1 proxy")]
    [InlineData("Origin", "http://127.0.0.1")]
    [InlineData("Sec-Fetch-Site", "cross-site")]
    public async Task Forwarded_requests_and_browsers_are_refused(string header, string value)
    {
        await using var sidecar = await StartAsync(Configured());
        using var caller = new Caller(FrontEnd<AwsContainerFrontEnd>(sidecar).Port);
        var reply = await AskAsync(caller, (header, value));
        Assert.Equal((403, "forwarded_refused"), (reply.Status, reply.Text("code")));
    }

    [Fact]
    public async Task A_body_where_none_belongs_and_unknown_paths_are_refused()
    {
        await using var sidecar = await StartAsync(Configured());
        using var caller = new Caller(FrontEnd<AwsContainerFrontEnd>(sidecar).Port);
        Assert.Equal(400, (await caller.SendAsync(HttpMethod.Get, "/v1/credentials", "body", ("Authorization", Token))).Status);
        Assert.Equal(405, (await caller.SendAsync(HttpMethod.Delete, "/v1/credentials", null, ("Authorization", Token))).Status);
        foreach (var path in new[] { "/", "/v1/credentials/", "/v1/credentials/../credentials/x", "/v1/leases", "/V1/Credentials", "/v1%2Fcredentials" }) Assert.Equal(404, (await AskAsync(caller, path)).Status);
    }

    [Theory]
    [InlineData("GET /v1/credentials HTTP/1.1\r\n\r\n")]
    [InlineData("GET /v1/credentials HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")]
    [InlineData("GET http://evil.example/v1/credentials HTTP/1.1\r\nHost: evil.example\r\n\r\n")]
    [InlineData("GET /v1/credentials HTTP/1.0\r\n\r\n")]
    [InlineData("garbage\r\n\r\n")]
    public async Task What_is_no_request_gets_no_credential(string request)
    {
        await using var sidecar = await StartAsync(Configured());
        var answer = await RawAsync(FrontEnd<AwsContainerFrontEnd>(sidecar).Port, request.Replace("\r\n\r\n", $"\r\nAuthorization: {Token}\r\n\r\n", StringComparison.Ordinal));
        Assert.Matches("^(HTTP/1.1 4|$)", answer);
        Assert.DoesNotContain("secret-key", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_thousand_connections_are_bounded_and_it_goes_on()
    {
        await using var sidecar = await StartAsync(Configured());
        var port = FrontEnd<AwsContainerFrontEnd>(sidecar).Port;
        var all = new List<Socket>();
        try
        {
            for (var i = 0; i < 1000; i++)
            {
                var one = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                await one.ConnectAsync(IPAddress.Loopback, port);
                all.Add(one);
            }

            // Those over the bound are closed by the server; those within wait for a request.
            await UntilAsync(() => all.Count(socket => socket.Poll(0, SelectMode.SelectRead)) >= 1000 - Listeners.MostConnections);
        }
        finally
        {
            all.ForEach(socket => socket.Dispose());
        }

        using var caller = new Caller(port);
        for (var i = 0; ; i++)
        {
            try
            {
                Assert.Equal(200, (await AskAsync(caller)).Status);
                break;
            }
            catch (HttpRequestException) when (i < 100)
            {
                // The places come free a moment after those who held them left.
                await Task.Delay(20);
            }
        }
    }

    [RootFact("/usr/bin/setpriv", "/usr/bin/curl")]
    public async Task R68_Another_user_at_the_socket_gets_nothing_unless_named()
    {
        foreach (var named in new[] { false, true })
        {
            var folder = Directory.CreateDirectory(PathOf($"shared-{named}"), (UnixFileMode)0b111_101_101).FullName;
            for (var parent = folder; parent.StartsWith("/dev/shm/", StringComparison.Ordinal); parent = Path.GetDirectoryName(parent)!) File.SetUnixFileMode(parent, (UnixFileMode)0b111_101_101);
            var options = Options("aws");
            options.FrontEnds.Local = new LocalOptions { Socket = $"{folder}/s", Users = named ? [65534] : [12345] };
            await using var sidecar = await StartAsync(options);
            using var curl = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("setpriv", ["--reuid=65534", "--clear-groups", "curl", "-s", "--unix-socket", $"{folder}/s", "http://localhost/v1/credentials/aws"]) { RedirectStandardOutput = true })!;
            var said = await curl.StandardOutput.ReadToEndAsync();
            await curl.WaitForExitAsync();
            Assert.Contains(named ? "secret-key-" : "peer_refused", said, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("0.0.0.0:9911")]
    [InlineData("10.0.0.1:9911")]
    [InlineData("[::]:9911")]
    [InlineData("169.254.169.254:80")]
    [InlineData("localhost:9911")]
    [InlineData("127.0.0.1")]
    public void Nothing_listens_beyond_this_machine(string address) => Assert.NotNull(ListenAddress.Read(address).Wrong);

    private Task<Reply> AskAsync(Caller caller, params (string Name, string Value)[] headers) => caller.GetAsync("/v1/credentials", [("Authorization", Token), .. headers]);

    private Task<Reply> AskAsync(Caller caller, string path) => caller.GetAsync(path, ("Authorization", Token));

    private static async Task<string> RawAsync(int port, string request)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, port);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(request));
        client.Client.Shutdown(SocketShutdown.Send);
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync();
    }

    private Sidecar.Configuration.SidecarOptions Configured()
    {
        var options = Options("aws");
        options.FrontEnds.AwsContainer = new AwsContainerOptions { Lease = "aws", Listen = "127.0.0.1:0", TokenFile = PathOf("aws-token") };
        return options;
    }
}
