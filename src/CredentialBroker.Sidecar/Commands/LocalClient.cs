using System.CommandLine;
using System.Text.Json;

namespace CredentialBroker.Sidecar.Commands;

/// <summary>Asks the sidecar that runs here, at its unix socket. Whoever asks through it makes no lease, and leaves none.</summary>
internal sealed class LocalClient(string socket) : IDisposable
{
    /// <summary>Set for children of <c>exec</c>.</summary>
    public const string Variable = "CREDBROKER_SIDECAR_SOCKET";

    private readonly HttpClient _http = new(UnixConnection.To(socket))
    {
        BaseAddress = new Uri("http://localhost"), Timeout = TimeSpan.FromSeconds(10), MaxResponseContentBufferSize = 256 * 1024,
    };

    public static Option<string?> SocketOption() => new("--socket") { HelpName = "PATH", Description = $"The running sidecar's socket; else {Variable}, else /run/credbroker/sidecar.sock." };

    public static LocalClient Of(string? socket, Surroundings around) => new(socket ?? around.Variable(Variable) ?? "/run/credbroker/sidecar.sock");

    public async Task<(int Status, string Body)> SendAsync(HttpMethod method, string path, CancellationToken cancel)
    {
        try
        {
            using var request = new HttpRequestMessage(method, path);
            using var answer = await _http.SendAsync(request, cancel);
            return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync(cancel));
        }
        catch (Exception fault) when (fault is HttpRequestException || (fault is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            throw new CommandException(ExitCodes.Unreachable, $"no sidecar answers at {socket}: {fault.GetBaseException().Message}", fault);
        }
    }

    /// <summary>The lease's credential with what belongs to it.</summary>
    public async Task<JsonDocument> CredentialAsync(string lease, CancellationToken cancel)
    {
        var (status, body) = await SendAsync(HttpMethod.Get, $"/v1/credentials/{Uri.EscapeDataString(lease)}", cancel);
        var json = JsonDocument.Parse(body);
        if (status == 200) return json;
        using (json)
        {
            var message = json.RootElement.TryGetProperty("message", out var told) ? told.GetString() : $"status {status}";
            throw new CommandException(ExitCodes.Of(passing: status == 503), message ?? "the sidecar said no");
        }
    }

    public void Dispose() => _http.Dispose();
}
