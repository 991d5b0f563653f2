using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using CredentialBroker.Exceptions;
using CredentialBroker.Policy;
using CredentialBroker.Protocol;
using CredentialBroker.Storage;

namespace CredentialBroker.Issuance;

/// <summary>
/// Asks the external policy point and reads one meaning into its answer: <c>{"result":{"allow":true,"revision":"…"}}</c>,
/// well-formed and of a known revision, is a yes; <c>allow: false</c> is a no; all else is a fault, and a fault denies.
/// </summary>
internal sealed class ExternalPolicy : IDisposable
{
    private const int AnswerLimit = 64 * 1024;

    private readonly ExternalPolicyOptions _options;
    private readonly TimeProvider _clock;
    private readonly HttpClient _http;

    public ExternalPolicy(ExternalPolicyOptions options, TimeProvider clock)
    {
        _options = options;
        _clock = clock;
        _http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, UseProxy = false, ConnectTimeout = options.Timeout })
        {
            MaxResponseContentBufferSize = AnswerLimit,
            Timeout = System.Threading.Timeout.InfiniteTimeSpan,
        };
    }

    public async Task<Verdict> AskAsync(
        Facts facts, Decision.Granted granted, IReadOnlyList<ExceptionRecord> acceptances, CancellationToken cancel)
    {
        if (_options.Url is null) return new Verdict.NotAsked();
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        using var limit = new CancellationTokenSource(_options.Timeout, _clock);
        using var link = limit.Token.Register(patience.Cancel);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, _options.Url)
            {
                Content = new ByteArrayContent(Input(facts, granted)) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } },
            };
            using var response = await _http.SendAsync(request, patience.Token);
            if (response.StatusCode != HttpStatusCode.OK) return Covered($"status {(int)response.StatusCode}", facts, acceptances);
            return Read(await response.Content.ReadAsByteArrayAsync(patience.Token)) is { } verdict ? verdict : Covered("an answer that is neither yes nor no", facts, acceptances);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            return Covered("no answer in time", facts, acceptances);
        }
        catch (HttpRequestException error)
        {
            return Covered(error.HttpRequestError.ToString(), facts, acceptances);
        }
    }

    public void Dispose() => _http.Dispose();

    private Verdict? Read(byte[] answer)
    {
        try
        {
            using var document = JsonDocument.Parse(answer, new JsonDocumentOptions { MaxDepth = 8, AllowDuplicateProperties = false });
            if (document.RootElement.ValueKind != JsonValueKind.Object || !document.RootElement.TryGetProperty("result", out var result)) return null;
            if (result.ValueKind != JsonValueKind.Object) return null;
            if (!result.TryGetProperty("revision", out var named) || named.ValueKind != JsonValueKind.String) return null;
            var revision = named.GetString()!;
            if (revision.Length is 0 or > 128 || (_options.Revisions.Count > 0 && !_options.Revisions.Contains(revision))) return null;
            if (!result.TryGetProperty("allow", out var allow)) return null;
            return allow.ValueKind switch
            {
                JsonValueKind.True => new Verdict.Allow(revision),
                JsonValueKind.False => new Verdict.Deny(revision, "the external policy said no"),
                _ => null,
            };
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>A fault denies, unless two people accepted that very risk for this claim and their window is open (R03).</summary>
    private Verdict Covered(string fault, Facts facts, IReadOnlyList<ExceptionRecord> acceptances)
    {
        if (_options.Acceptance is not { } named) return new Verdict.Unavailable(fault);
        var live = acceptances.FirstOrDefault(a =>
            (a.Name == named || a.Id == named) && a.IsLive(_clock.NowMs()) && a.Covers(facts.Ask.Template, ClaimDimensions.Of(facts)));
        return live is null ? new Verdict.Unavailable($"{fault}; no live risk acceptance '{named}' covers it") : new Verdict.RiskAccepted(fault, live.Id);
    }

    private static byte[] Input(Facts facts, Decision.Granted granted)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteStartObject("input");
            json.WriteString("operation", facts.Renews is null ? "claim" : "renew");
            json.WriteString("template", facts.Ask.Template);
            json.WriteString("templateRevision", facts.Template!.Revision);
            json.WriteString("environment", facts.Template.Environment);
            json.WriteString("tier", granted.Tier);
            json.WriteString("workload", facts.Workload.Uri);
            json.WriteString("source", facts.Workload.Source);
            json.WriteString("instance", facts.Workload.Instance);
            json.WriteNumber("strength", facts.Workload.Strength);
            json.WriteString("approval", facts.Approval!.Id);
            json.WriteString("requester", facts.Approval.Requester);
            json.WriteString("purpose", facts.Ask.Intent?.Purpose);
            json.WriteString("exception", facts.Exception?.Id);
            json.WriteNumber("endsAt", granted.EndsAt);
            json.WritePropertyName("privileges");
            JsonSerializer.Serialize(json, granted.Scope.Privileges, ProtocolJson.Default.IReadOnlyListPrivilege);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        return buffer.ToArray();
    }
}
