using System.Text.Json;

namespace CredentialBroker.Sidecar.Identity;

/// <summary>
/// A container on a host with a node: asks the node at its socket, which knows by the kernel's word who asks. There is no
/// secret here to be kept, and none to be stolen.
/// </summary>
internal sealed class ContainerHost(string socket) : IIdentity
{
    private const int LargestAnswer = 64 * 1024;
    private readonly Lazy<HttpClient> _http = new(() => new HttpClient(UnixConnection.To(socket)) { BaseAddress = new Uri("http://node"), Timeout = TimeSpan.FromSeconds(10), MaxResponseContentBufferSize = LargestAnswer });

    public async Task<Proof> ProveAsync(CancellationToken cancel)
    {
        try
        {
            using var answer = await _http.Value.PostAsync("/v1/evidence", null, cancel);
            using var json = JsonDocument.Parse(await answer.Content.ReadAsByteArrayAsync(cancel));
            if (!answer.IsSuccessStatusCode) throw new IdentityException($"the node at {socket} refused: {Member(json, "code") ?? $"{(int)answer.StatusCode}"}");
            return Tokens.Read(Member(json, "token"), "the node's answer");
        }
        catch (Exception fault) when (fault is HttpRequestException or JsonException || (fault is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            throw new IdentityException($"the node at {socket} gave no evidence: {fault.GetType().Name}", fault);
        }
    }

    private static string? Member(JsonDocument json, string name) =>
        json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty(name, out var member) && member.ValueKind == JsonValueKind.String ? member.GetString() : null;
}
