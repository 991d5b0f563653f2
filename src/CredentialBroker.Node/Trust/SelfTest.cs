using System.Globalization;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using CredentialBroker.Node.Engine;

namespace CredentialBroker.Node.Trust;

/// <summary>One request that engines are known to have acted on without showing it, and what came of it.</summary>
/// <param name="Seen">Bytes of the body that the plugin was shown; null when it was not asked at all.</param>
/// <param name="Sent">Bytes of the body.</param>
/// <param name="Acted">Whether the engine read the body: its answer names the image that is only there. Null when it did not answer.</param>
internal sealed record ProbeResult(string Name, int? Seen, int Sent, bool? Acted, int Status)
{
    /// <summary>Null when the engine did nothing that it did not show.</summary>
    public string? Fault => this switch
    {
        { Acted: null } => $"{Name}: the engine did not answer",
        { Acted: true, Seen: null } => $"{Name}: the engine did not ask this plugin",
        { Acted: true } when Seen != Sent => string.Create(CultureInfo.InvariantCulture, $"{Name}: the engine acted on {Sent} bytes and showed {Seen}"),
        _ => null,
    };
}

/// <summary>
/// Asks the engine what it was asked by those who went around its plugins: a body of unknown length and one that claims to be
/// empty (CVE-2024-41110), and one above the limit of what is shown (CVE-2026-34040). Nothing can come of it: the image that
/// each names does not exist.
/// </summary>
internal sealed class SelfTest(EngineClient engine, Probes probes, HostTrust trust, Say say)
{
    /// <summary>Above every limit of an affected engine, below that of the gate.</summary>
    private const int Large = (1024 * 1024) + (64 * 1024);

    public async Task<IReadOnlyList<ProbeResult>> RunAsync(CancellationToken cancel)
    {
        var version = await engine.VersionAsync(cancel);
        ProbeResult[] results =
        [
            await ProbeAsync("plain", 0, isChunked: false, cancel),
            await ProbeAsync("CVE-2024-41110, unknown length", 0, isChunked: true, cancel),
            await ProbeAsync("CVE-2026-34040, above 1 MiB", Large, isChunked: false, cancel),
            await ProbeAsync("CVE-2026-34040, above 1 MiB, unknown length", Large, isChunked: true, cancel),
            await EmptyAsync(cancel),
        ];
        // An engine that does not even ask about a plain request has no plugin, or another one.
        var fault = results[0].Seen is null ? "the engine does not ask this plugin" : string.Join("; ", results.Select(result => result.Fault).OfType<string>());
        trust.Found(version, fault.Length == 0 ? null : fault);
        say.Line(fault.Length == 0 ? $"engine {version}: trusted, it showed everything that it acted on" : $"engine {version}: {trust.Standing.Trust}: {fault}");
        return results;
    }

    private Task<ProbeResult> ProbeAsync(string what, int padding, bool isChunked, CancellationToken cancel)
    {
        var image = NewName();
        var body = BodyOf(image, padding);
        return SendAsync(what, image, body, isChunked ? "Transfer-Encoding: chunked" : $"Content-Length: {body.Length}", isChunked, cancel);
    }

    private Task<ProbeResult> EmptyAsync(CancellationToken cancel)
    {
        var image = NewName();
        return SendAsync("CVE-2024-41110, said to be empty", image, BodyOf(image, 0), "Content-Length: 0", isChunked: false, cancel);
    }

    private async Task<ProbeResult> SendAsync(string what, string image, byte[] body, string length, bool isChunked, CancellationToken cancel)
    {
        var name = NewName();
        probes.Expect(name);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(TimeSpan.FromSeconds(10));
        var answer = new StringBuilder();
        try
        {
            using var connection = await engine.ConnectAsync(limit.Token);
            await using var stream = new NetworkStream(connection);
            await stream.WriteAsync(Encoding.ASCII.GetBytes($"POST /containers/create?name={name} HTTP/1.1\r\nHost: engine\r\nContent-Type: application/json\r\n{EngineClient.Mark}: {engine.Secret}\r\nConnection: close\r\n{length}\r\n\r\n"), limit.Token);
            if (isChunked) await stream.WriteAsync(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{body.Length:x}\r\n")), limit.Token);
            await stream.WriteAsync(body, limit.Token);
            if (isChunked) await stream.WriteAsync("\r\n0\r\n\r\n"u8.ToArray(), limit.Token);
            var chunk = new byte[4096];
            for (int read; answer.Length < 64 * 1024 && (read = await stream.ReadAsync(chunk, limit.Token)) > 0;) answer.Append(Encoding.UTF8.GetString(chunk, 0, read));
        }
        catch (Exception fault) when (fault is IOException or SocketException || (fault is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            // An engine that refuses may close the connection while more is written; what it said before counts.
        }

        var said = answer.ToString();
        var status = said.Split(' ') is [_, var code, ..] && int.TryParse(code, CultureInfo.InvariantCulture, out var number) ? number : 0;
        return new ProbeResult(what, probes.Seen(name), body.Length, said.Length == 0 ? null : said.Contains(image, StringComparison.Ordinal), status);
    }

    private static byte[] BodyOf(string image, int padding) => Encoding.ASCII.GetBytes(new JsonObject { ["Image"] = $"{image}:none", ["Labels"] = new JsonObject { ["padding"] = new string('x', padding) } }.ToJsonString());

    private static string NewName() => $"credbroker-probe-{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(12))}";
}
