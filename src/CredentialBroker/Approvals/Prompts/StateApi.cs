using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using CredentialBroker.Approvals.Webhooks;
using CredentialBroker.Attestation;

namespace CredentialBroker.Approvals.Prompts;

/// <summary>What one request to the API gave.</summary>
/// <param name="Json">The document, or null.</param>
/// <param name="Fault">Why there is none, in a few fixed words; never quotes the answer.</param>
/// <param name="Wait">How long the API asks to be left alone, when it said so.</param>
internal sealed record ApiAnswer(JsonElement? Json, string? Fault = null, TimeSpan? Wait = null);

/// <summary>How one forge wants to be asked.</summary>
/// <param name="Ask">Puts the token and what else belongs there into a request's headers.</param>
/// <param name="Remaining">The header that tells how many requests are left of a window.</param>
/// <param name="Reset">The header that tells when that window ends, in Unix seconds.</param>
internal sealed record ApiManners(Action<HttpRequestHeaders, string> Ask, string Remaining, string Reset);

/// <summary>Reads the REST API of one source: bounded, strict, and never where a redirect points.</summary>
internal sealed class StateApi : IDisposable
{
    private const int AnswerBytes = 512 * 1024;
    private const int TokenBytes = 1024;

    private static readonly TimeSpan LongestWait = TimeSpan.FromHours(1);

    private readonly IStateOptions _options;
    private readonly ApiManners _manners;
    private readonly TimeProvider _clock;
    private readonly HttpClient _http;

    public StateApi(IStateOptions options, ApiManners manners, TimeProvider clock)
    {
        (_options, _manners, _clock) = (options, manners, clock);
        _http = KeyEndpoint.Client(options.AllowLoopback);
        _http.MaxResponseContentBufferSize = AnswerBytes;
    }

    /// <param name="path">Below the base, such as <c>repos/octo/shop/actions/runs/1</c>.</param>
    public async Task<ApiAnswer> GetAsync(string path, CancellationToken cancel)
    {
        if (await SecretLines.ReadAsync(_options.TokenFile!, TokenBytes, cancel) is not [var token] || token.Any(c => c is <= ' ' or > '~')) return new ApiAnswer(null, "no token");
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{_options.ApiBase}/{path}");
        request.Headers.UserAgent.ParseAdd("credential-broker");
        _manners.Ask(request.Headers, token);
        try
        {
            using var answer = await _http.SendAsync(request, cancel);
            if (answer.StatusCode != HttpStatusCode.OK) return Failed(answer);
            return Read(await answer.Content.ReadAsByteArrayAsync(cancel)) is { } json ? new ApiAnswer(json) : new ApiAnswer(null, "an answer that is no strict JSON");
        }
        catch (HttpRequestException error)
        {
            return new ApiAnswer(null, $"no answer: {error.HttpRequestError}");
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return new ApiAnswer(null, "no answer in time");
        }
    }

    public void Dispose() => _http.Dispose();

    /// <summary>Objects and lists alike: read as the one member of an object, which is what strict reading knows.</summary>
    private static JsonElement? Read(byte[] answer) =>
        StrictJson.TryReadObject([.. "{\"answer\":"u8, .. answer, .. "}"u8], out var around, out _) && around.EnumerateObject().Count() == 1 ? around.GetProperty("answer") : null;

    /// <summary>Rate limits: <c>retry-after</c>, else the end of the window when nothing of it remains.</summary>
    private ApiAnswer Failed(HttpResponseMessage answer)
    {
        var status = (int)answer.StatusCode;
        if (status is >= 300 and < 400) return new ApiAnswer(null, "a redirect");
        if (status is not (403 or 429)) return new ApiAnswer(null, string.Create(CultureInfo.InvariantCulture, $"status {status}"));
        TimeSpan? wait = answer.Headers.RetryAfter?.Delta is { } delta ? delta
            : Header(answer, _manners.Remaining) == 0 && Header(answer, _manners.Reset) is { } reset ? DateTimeOffset.FromUnixTimeSeconds(Math.Clamp(reset, 0, 253_402_300_799)) - _clock.GetUtcNow()
            : null;
        return wait is null
            ? new ApiAnswer(null, string.Create(CultureInfo.InvariantCulture, $"status {status}"))
            : new ApiAnswer(null, "a rate limit", TimeSpan.FromSeconds(Math.Clamp(wait.Value.TotalSeconds, 1, LongestWait.TotalSeconds)));
    }

    private static long? Header(HttpResponseMessage answer, string name) =>
        answer.Headers.TryGetValues(name, out var values) && long.TryParse(values.FirstOrDefault(), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
