using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace CredentialBroker.Protocol;

/// <summary>One request and its answer: sends, bounds time and size, and turns whatever is no result into an exception.</summary>
internal sealed class BrokerExchange(HttpClient http, string? token)
{
    /// <summary>Largest answer that is read, in bytes.</summary>
    public const int LargestAnswer = 8 * 1024 * 1024;

    private const string ProblemType = "application/problem+json";

    /// <summary>Sends a request whose answer is a document.</summary>
    public async Task<T> SendAsync<T>(HttpRequestMessage request, JsonTypeInfo<T> answer, CancellationToken cancel, params HttpStatusCode[] wanted)
    {
        var (status, body) = await WholeAsync(request, wanted, cancel);
        return Parse(body, answer, status) ?? throw new BrokerException(status, "the broker answered null");
    }

    /// <summary>Sends a request whose answer is taken as it is.</summary>
    public async Task<byte[]> ReadAsync(HttpRequestMessage request, CancellationToken cancel) => (await WholeAsync(request, [HttpStatusCode.OK], cancel)).Body;

    /// <summary>Sends a request whose answer is empty.</summary>
    public Task SendAsync(HttpRequestMessage request, CancellationToken cancel, params HttpStatusCode[] wanted) => WholeAsync(request, wanted, cancel);

    /// <summary>Sends a request whose answer is read as it comes. The caller disposes the response.</summary>
    public async Task<HttpResponseMessage> OpenAsync(HttpRequestMessage request, CancellationToken cancel)
    {
        using (request)
        {
            var response = await ReachAsync(() => BeginAsync(request, cancel), cancel);
            if (response.StatusCode == HttpStatusCode.OK) return response;
            using (response) throw await ReachAsync(() => RefusalAsync(response, cancel), cancel);
        }
    }

    /// <summary>Runs one step of an exchange; faults of the way become <see cref="BrokerUnreachableException"/>.</summary>
    public async Task<T> ReachAsync<T>(Func<Task<T>> step, CancellationToken cancel)
    {
        try
        {
            return await step();
        }
        catch (HttpRequestException fault)
        {
            throw Unreachable(fault.HttpRequestError == HttpRequestError.SecureConnectionError
                ? $"no trusted TLS connection: {fault.InnerException?.Message ?? fault.Message}"
                : fault.Message, fault);
        }
        catch (IOException fault)
        {
            throw Unreachable($"the answer broke off: {fault.Message}", fault);
        }
        catch (OperationCanceledException fault) when (!cancel.IsCancellationRequested)
        {
            throw Unreachable($"no answer within {http.Timeout.TotalSeconds.ToString(CultureInfo.InvariantCulture)} s", fault);
        }
    }

    private BrokerUnreachableException Unreachable(string what, Exception fault) => new($"{http.BaseAddress}: {what}", fault);

    private async Task<(HttpStatusCode Status, byte[] Body)> WholeAsync(HttpRequestMessage request, HttpStatusCode[] wanted, CancellationToken cancel)
    {
        using (request)
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            limit.CancelAfter(http.Timeout);
            return await ReachAsync(async () =>
            {
                using var response = await BeginAsync(request, limit.Token);
                if (!wanted.Contains(response.StatusCode) || IsProblem(response)) throw await RefusalAsync(response, limit.Token);
                return (response.StatusCode, await BodyAsync(response, limit.Token));
            }, cancel);
        }
    }

    private async Task<HttpResponseMessage> BeginAsync(HttpRequestMessage request, CancellationToken cancel)
    {
        if (token is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        if (request.Headers.Accept.Count == 0) request.Headers.Accept.ParseAdd("application/json, application/x-ndjson, application/problem+json");
        var asked = new Uri(http.BaseAddress!, request.RequestUri!);
        var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel);
        if (response.RequestMessage?.RequestUri == asked) return response;
        response.Dispose();
        throw new InvalidOperationException("the HttpClient given to BrokerClient follows redirects; use BrokerHttp.Handler");
    }

    private static async Task<BrokerException> RefusalAsync(HttpResponseMessage response, CancellationToken cancel)
    {
        var (status, wait) = (response.StatusCode, RetryAfter(response));
        if (IsProblem(response) && Parse(await BodyAsync(response, cancel), ProtocolJson.Default.Problem, status) is { } problem)
        {
            return new BrokerException(status, problem, wait);
        }

        var redirect = (int)status is >= 300 and < 400 ? $" (redirects to {response.Headers.Location} are not followed)" : "";
        return new BrokerException(status, $"the broker answered {(int)status} {response.ReasonPhrase}{redirect}", retryAfter: wait);
    }

    private static TimeSpan? RetryAfter(HttpResponseMessage response) => response.Headers.RetryAfter?.Delta;

    private static bool IsProblem(HttpResponseMessage response) =>
        string.Equals(response.Content.Headers.ContentType?.MediaType, ProblemType, StringComparison.OrdinalIgnoreCase);

    private static async Task<byte[]> BodyAsync(HttpResponseMessage response, CancellationToken cancel)
    {
        await using var stream = await response.Content.ReadAsStreamAsync(cancel);
        using var body = new MemoryStream();
        var chunk = new byte[16 * 1024];
        for (int read; (read = await stream.ReadAsync(chunk, cancel)) > 0;)
        {
            if (body.Length + read > LargestAnswer) throw new BrokerException(response.StatusCode, $"the answer is larger than {LargestAnswer} bytes");
            body.Write(chunk, 0, read);
        }

        return body.ToArray();
    }

    private static T? Parse<T>(byte[] body, JsonTypeInfo<T> type, HttpStatusCode status)
    {
        try
        {
            return JsonSerializer.Deserialize(body, type);
        }
        catch (JsonException fault)
        {
            throw new BrokerException(status, $"the answer is not a {typeof(T).Name} (is the broker newer than this client?): {fault.Message}", fault);
        }
    }
}
