using System.Diagnostics;
using System.Net.Sockets;
using CredentialBroker.TestInfra;
using Microsoft.AspNetCore.Http;

namespace CredentialBroker.Backends.Webhook;

/// <summary>The receiver in deploy/examples/webhook, run as its readers would run it.</summary>
internal sealed class ExampleReceiver : IAsyncDisposable
{
    private readonly Process _process;

    private ExampleReceiver(Process process, int port) => (_process, Url) = (process, new Uri($"http://127.0.0.1:{port}"));

    public Uri Url { get; }

    public static bool CanRun => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, "python3")));

    /// <param name="roots">PEM file of who may have signed the certificate of the place of the keys; null for plain http.</param>
    public static async Task<ExampleReceiver> StartAsync(string issuer, Uri jwks, string? roots)
    {
        var port = LoopbackPorts.FindFree();
        var start = new ProcessStartInfo("python3",
        [
            RepositoryFiles.PathOf("deploy/examples/webhook/receiver.py"), "--port", $"{port}", "--audience", WebhookStandIn.Audience, "--issuer", issuer, "--jwks", jwks.ToString(), "--kind", "api-key",
        ]);
        start.Environment["PYTHONDONTWRITEBYTECODE"] = "1";
        if (roots is not null) start.Environment["SSL_CERT_FILE"] = roots;
        var receiver = new ExampleReceiver(Process.Start(start)!, port);
        for (var i = 0; ; i++)
        {
            try
            {
                using var client = new TcpClient();
                await client.ConnectAsync("127.0.0.1", port);
                return receiver;
            }
            catch (SocketException) when (i < 200 && !receiver._process.HasExited)
            {
                await Task.Delay(50);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}

/// <summary>The place where a broker publishes its keys, for tests without a broker.</summary>
internal sealed class KeyPlace(Issuer.KeyRing keys) : StandInServer
{
    public Task RunAsync() => StartAsync();

    protected override StandInAnswer Answer(HttpRequest request, string path, byte[] body) => new(200, System.Text.Json.Nodes.JsonNode.Parse(keys.Jwks.Span));
}
