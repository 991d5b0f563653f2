using System.Net.Http.Headers;
using System.Text.Json;
using CredentialBroker.Protocol;

namespace CredentialBroker.Sidecar.Identity;

/// <summary>A GitHub Actions job: asks the runner for a token each time, which takes <c>permissions: id-token: write</c>.</summary>
internal sealed class GitHubJob(string audience, Surroundings around) : IIdentity
{
    private const int LargestAnswer = 128 * 1024;
    private readonly Lazy<HttpClient> _http = new(() => new HttpClient(BrokerHttp.Handler(AddressIn(around))) { Timeout = TimeSpan.FromSeconds(10), MaxResponseContentBufferSize = LargestAnswer });

    public async Task<Proof> ProveAsync(CancellationToken cancel)
    {
        var address = AddressIn(around);
        var secret = around.Variable("ACTIONS_ID_TOKEN_REQUEST_TOKEN") ?? throw new IdentityException("ACTIONS_ID_TOKEN_REQUEST_TOKEN is not set: the job lacks the permission id-token: write");
        var separator = address.Query.Length == 0 ? '?' : '&';
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{address}{separator}audience={Uri.EscapeDataString(audience)}");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", secret);
        try
        {
            using var answer = await _http.Value.SendAsync(request, cancel);
            if (!answer.IsSuccessStatusCode) throw new IdentityException($"the runner answered {(int)answer.StatusCode} to the request for a token");
            using var json = JsonDocument.Parse(await answer.Content.ReadAsByteArrayAsync(cancel));
            var value = json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty("value", out var member) && member.ValueKind == JsonValueKind.String ? member.GetString() : null;
            return Tokens.Read(value, "the runner's answer");
        }
        catch (Exception fault) when (fault is HttpRequestException or JsonException || (fault is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            throw new IdentityException($"the runner gave no token: {fault.GetType().Name}", fault);
        }
    }

    private static Uri AddressIn(Surroundings around) =>
        Uri.TryCreate(around.Variable("ACTIONS_ID_TOKEN_REQUEST_URL"), UriKind.Absolute, out var address) && (address.Scheme == Uri.UriSchemeHttps || (address.Scheme == Uri.UriSchemeHttp && address.IsLoopback))
            ? address
            : throw new IdentityException("ACTIONS_ID_TOKEN_REQUEST_URL is not set, or is no https address: the job lacks the permission id-token: write");
}
