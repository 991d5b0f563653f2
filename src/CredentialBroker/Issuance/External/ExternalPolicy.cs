using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using CredentialBroker.Backends.Wires;
using CredentialBroker.Exceptions;
using CredentialBroker.Leases;
using CredentialBroker.Policy;
using CredentialBroker.Storage;

namespace CredentialBroker.Issuance;

/// <summary>
/// Asks the external policy point about what would else be granted, each time anew. Only <see cref="PolicyAnswer"/>'s one
/// form of yes is a yes; all else is a fault, and a fault denies.
/// </summary>
internal sealed class ExternalPolicy : IDisposable
{
    private const int AnswerLimit = 64 * 1024;

    private readonly ExternalPolicyOptions _options;
    private readonly LeaseStore _leases;
    private readonly TimeProvider _clock;
    private readonly HttpClient _http;

    public ExternalPolicy(ExternalPolicyOptions options, LeaseStore leases, TimeProvider clock)
    {
        _options = options;
        _leases = leases;
        _clock = clock;
        _http = new HttpClient(Wire.HandlerOf(new WireOptions(options.Url, options.Timeout, options.CaFile)))
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
            // What the workload holds already is part of what it asks for (R17).
            var held = await _leases.HeldByAsync(facts.Workload.Id, PolicyInput.MostLeases, patience.Token);
            using var request = new HttpRequestMessage(HttpMethod.Post, _options.Url)
            {
                Content = new ByteArrayContent(PolicyInput.Of(facts, granted, held)) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } },
            };
            if (_options.TokenFile is { } file) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", (await File.ReadAllTextAsync(file, patience.Token)).Trim());
            using var response = await _http.SendAsync(request, patience.Token);
            if (response.StatusCode != HttpStatusCode.OK) return Covered($"status {(int)response.StatusCode}", facts, acceptances);
            return PolicyAnswer.Read(await response.Content.ReadAsByteArrayAsync(patience.Token), _options.Revisions) is { } verdict ? verdict : Covered("an answer that is neither yes nor no", facts, acceptances);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            return Covered("no answer in time", facts, acceptances);
        }
        catch (HttpRequestException error)
        {
            return Covered(error.HttpRequestError.ToString(), facts, acceptances);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or FormatException or CryptographicException)
        {
            return Covered("the broker's own token or authority for it cannot be read", facts, acceptances);
        }
    }

    public void Dispose() => _http.Dispose();

    /// <summary>A fault denies, unless two people accepted that very risk for this claim and their window is open (R03).</summary>
    private Verdict Covered(string fault, Facts facts, IReadOnlyList<ExceptionRecord> acceptances)
    {
        if (_options.Acceptance is not { } named) return new Verdict.Unavailable(fault);
        var live = acceptances.FirstOrDefault(a =>
            (a.Name == named || a.Id == named) && a.IsLive(_clock.NowMs()) && a.Covers(facts.Ask.Template, ClaimDimensions.Of(facts)));
        return live is null ? new Verdict.Unavailable($"{fault}; no live risk acceptance '{named}' covers it") : new Verdict.RiskAccepted(fault, live.Id);
    }
}
