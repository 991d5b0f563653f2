using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using CredentialBroker.TestInfra;
using CredentialBroker.Tests.TestInfra;

namespace CredentialBroker.Node.Tests.TestInfra;

/// <summary>An answer of the engine.</summary>
internal sealed record EngineReply(HttpStatusCode Status, string Body)
{
    public JsonElement Json => JsonDocument.Parse(Body).RootElement;
}

/// <summary>A real container engine, in a folder of its own, that asks a plugin and takes TLS clients.</summary>
internal sealed class DockerEngine : IAsyncDisposable
{
    public const string Program = "/usr/sbin/dockerd", Busybox = "/bin/busybox";

    private readonly string _folder;
    private readonly int _port = LoopbackPorts.FindFree();
    private readonly TestAuthority _authority = new("CN=engine callers");
    private readonly Dictionary<string, HttpClient> _clients = [];
    private Process? _process;

    public DockerEngine(string folder, string plugin)
    {
        (_folder, PluginName) = (folder, plugin);
        File.WriteAllText(In("ca.pem"), _authority.Pem);
        using var server = _authority.IssueWithKey("CN=engine", names => names.AddIpAddress(IPAddress.Loopback), TestAuthority.ServerAuthentication);
        File.WriteAllText(In("server.pem"), server.ExportCertificatePem());
        File.WriteAllText(In("server.key"), server.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
    }

    public string PluginName { get; }

    public string Socket => In("engine.sock");

    /// <summary>Digest of the one image that there is.</summary>
    public string Image { get; private set; } = "";

    /// <param name="asks">Whether it asks the plugin, which then has to listen already.</param>
    public async Task StartAsync(bool asks)
    {
        string[] arguments =
        [
            "--iptables=false", "--ip6tables=false", "--bridge=none", "--ip-forward=false", "--ip-masq=false", "--storage-driver=vfs", "--data-root", In("data"), "--exec-root", In("exec"), "-p", In("pid"),
            "-H", $"unix://{Socket}", "-H", $"tcp://127.0.0.1:{_port}", "--tlsverify", "--tlscacert", In("ca.pem"), "--tlscert", In("server.pem"), "--tlskey", In("server.key"), .. asks ? [$"--authorization-plugin={PluginName}"] : Array.Empty<string>(),
        ];
        _process = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", $"exec {Program} \"$@\" >>{In("log")} 2>&1", "sh", .. arguments]))!;
        for (var i = 0; ; i++)
        {
            Assert.False(_process.HasExited, $"the engine does not start: {Log()}");
            if (File.Exists(Socket) && await IsUpAsync()) return;
            Assert.True(i < 600, $"the engine is not ready: {Log()}");
            await Task.Delay(50);
        }
    }

    /// <summary>Makes the image, which has to happen while no plugin is asked: nobody may import one through the gate.</summary>
    public async Task ImportAsync()
    {
        using var tar = new MemoryStream();
        await using (var writer = new System.Formats.Tar.TarWriter(tar, leaveOpen: true))
        {
            await writer.WriteEntryAsync(Busybox, "bin/busybox");
            foreach (var name in (string[])["sh", "sleep", "true", "cat"]) await writer.WriteEntryAsync(new System.Formats.Tar.PaxTarEntry(System.Formats.Tar.TarEntryType.SymbolicLink, $"bin/{name}") { LinkName = "busybox" });
        }

        using var http = Local();
        using var content = new ByteArrayContent(tar.ToArray());
        using var answer = await http.PostAsync("/images/create?fromSrc=-&repo=t/busybox&tag=1&changes=CMD%20%5B%22sleep%22%2C%22600%22%5D", content);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        Image = (await CallAsync(http, HttpMethod.Get, "/images/t/busybox:1/json")).Json.GetProperty("Id").GetString()!;
    }

    public async Task StopAsync()
    {
        if (_process is not { HasExited: false } process) return;
        using (Process.Start("kill", ["-TERM", $"{process.Id}"])) { }
        await process.WaitForExitAsync();
    }

    /// <summary>Asks as somebody with a certificate; null over the engine's own socket.</summary>
    public async Task<EngineReply> AsAsync(string? caller, HttpMethod method, string path, string? json = null)
    {
        var http = caller is null ? _clients.TryGetValue("", out var local) ? local : _clients[""] = Local() : Remote(caller);
        return await CallAsync(http, method, path, json is null ? null : new StringContent(json, Encoding.UTF8, new System.Net.Http.Headers.MediaTypeHeaderValue("application/json")));
    }

    /// <summary>What is written and read byte by byte, as somebody with a certificate.</summary>
    public async Task<string> RawAsync(string caller, byte[] request)
    {
        using var tcp = new TcpClient();
        await tcp.ConnectAsync(IPAddress.Loopback, _port);
        await using var tls = new System.Net.Security.SslStream(tcp.GetStream());
        await tls.AuthenticateAsClientAsync(Tls(caller));
        try
        {
            await tls.WriteAsync(request);
        }
        catch (IOException)
        {
            // It refused before it read everything.
        }

        using var reader = new StreamReader(tls);
        try
        {
            return await reader.ReadToEndAsync();
        }
        catch (IOException)
        {
            return "";
        }
    }

    /// <summary>Folder with what the engine's own command line needs to be somebody.</summary>
    public string ClientFolder(string caller)
    {
        var folder = Directory.CreateDirectory(In($"client-{caller}")).FullName;
        using var certificate = Certificate(caller);
        File.WriteAllText(Path.Combine(folder, "ca.pem"), _authority.Pem);
        File.WriteAllText(Path.Combine(folder, "cert.pem"), certificate.ExportCertificatePem());
        File.WriteAllText(Path.Combine(folder, "key.pem"), certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
        return folder;
    }

    public string Address => $"tcp://127.0.0.1:{_port}";

    public string Log() => File.Exists(In("log")) ? File.ReadAllText(In("log")) : "";

    public async ValueTask DisposeAsync()
    {
        foreach (var client in _clients.Values) client.Dispose();
        await StopAsync();
        _process?.Dispose();
        _authority.Dispose();
    }

    private string In(string name) => Path.Combine(_folder, name);

    private async Task<bool> IsUpAsync()
    {
        try
        {
            using var http = Local();
            using var answer = await http.GetAsync("/_ping");
            // Refused is up: the gate has a say already.
            return answer.StatusCode is HttpStatusCode.OK or HttpStatusCode.Forbidden;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private X509Certificate2 Certificate(string caller) => _authority.IssueWithKey($"CN={caller}", names => names.AddUri(new Uri($"spiffe://people.test/{caller}")));

    private System.Net.Security.SslClientAuthenticationOptions Tls(string caller)
    {
        var roots = new X509Certificate2Collection();
        roots.ImportFromPem(_authority.Pem);
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.AddRange(roots);
        return new System.Net.Security.SslClientAuthenticationOptions { TargetHost = "127.0.0.1", ClientCertificates = [Certificate(caller)], CertificateChainPolicy = policy };
    }

    private HttpClient Remote(string caller)
    {
        if (_clients.TryGetValue(caller, out var known)) return known;
        return _clients[caller] = new HttpClient(new SocketsHttpHandler { SslOptions = Tls(caller), UseProxy = false }) { BaseAddress = new Uri($"https://127.0.0.1:{_port}") };
    }

    private HttpClient Local() => new(new SocketsHttpHandler
    {
        UseProxy = false,
        ConnectCallback = async (_, cancel) =>
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(Socket), cancel);
            return new NetworkStream(socket, ownsSocket: true);
        },
    })
    { BaseAddress = new Uri("http://engine") };

    private static async Task<EngineReply> CallAsync(HttpClient http, HttpMethod method, string path, HttpContent? content = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        using var answer = await http.SendAsync(request);
        return new EngineReply(answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }
}
