using System.Net;
using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using CredentialBroker.Protocol.Approvals;
using CredentialBroker.Protocol.Controls;
using CredentialBroker.Protocol.Evidence;
using CredentialBroker.Protocol.Exceptions;
using CredentialBroker.Protocol.Keys;
using CredentialBroker.Protocol.Leases;
using CredentialBroker.Protocol.Operators;
using CredentialBroker.Protocol.Templates;

namespace CredentialBroker.Protocol;

/// <summary>
/// The client of the broker's HTTP API. Every method throws <see cref="BrokerException"/> when the broker answers with a
/// problem or with anything but the documented result, and <see cref="BrokerUnreachableException"/> when no whole answer
/// came within <see cref="HttpClient.Timeout"/>. Nothing is retried. Safe for concurrent use.
/// </summary>
public sealed class BrokerClient
{
    private readonly HttpClient _http;
    private readonly BrokerExchange _exchange;

    /// <summary>Makes a client.</summary>
    /// <param name="http">Transport with a <see cref="HttpClient.BaseAddress"/>; must not follow redirects, see <see cref="BrokerHttp"/>. The caller disposes it.</param>
    /// <param name="token">An operator's or workload's token, sent as bearer; null sends none.</param>
    public BrokerClient(HttpClient http, string? token = null)
    {
        ArgumentNullException.ThrowIfNull(http);
        if (http.BaseAddress is null) throw new ArgumentException("the HttpClient has no BaseAddress", nameof(http));
        (_http, _exchange) = (http, new BrokerExchange(http, token));
    }

    /// <summary>Hands in a signed approval document.</summary>
    /// <param name="source">Name of the approval source.</param>
    /// <param name="jws">The document, one compact JWS.</param>
    /// <param name="cancel">Ends the wait.</param>
    public Task<ApprovalAccepted> SubmitApprovalAsync(string source, string jws, CancellationToken cancel = default) =>
        _exchange.SendAsync(Request(HttpMethod.Post, BrokerQuery.Path("/v1/approvals", source), Text(jws, "application/jose")),
            ProtocolJson.Default.ApprovalAccepted, cancel, HttpStatusCode.Accepted);

    /// <summary>Lists approvals, newest first.</summary>
    /// <param name="count">Most to return; null for the broker's default.</param>
    /// <param name="cancel">Ends the wait.</param>
    public Task<ApprovalList> ListApprovalsAsync(int? count = null, CancellationToken cancel = default) =>
        GetAsync(new BrokerQuery("/v1/approvals").With("count", count).ToString(), ProtocolJson.Default.ApprovalList, cancel);

    /// <summary>Shows one approval.</summary>
    public Task<ApprovalView> GetApprovalAsync(string id, CancellationToken cancel = default) =>
        GetAsync(BrokerQuery.Path("/v1/approvals", id), ProtocolJson.Default.ApprovalView, cancel);

    /// <summary>Claims a credential. A repeat with the same key makes no second one; its answer says so and carries no credential.</summary>
    /// <param name="claim">What is asked for.</param>
    /// <param name="idempotencyKey">1 to 255 visible ASCII characters, new for every claim that is meant to make a credential.</param>
    /// <param name="cancel">Ends the wait; the claim may be granted all the same.</param>
    public Task<LeaseAnswer> ClaimLeaseAsync(ClaimRequest claim, string idempotencyKey, CancellationToken cancel = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(idempotencyKey);
        var request = Request(HttpMethod.Post, "/v1/leases", Json(claim, ProtocolJson.Default.ClaimRequest));
        request.Headers.Add("Idempotency-Key", idempotencyKey);
        return _exchange.SendAsync(request, ProtocolJson.Default.LeaseAnswer, cancel, HttpStatusCode.Created, HttpStatusCode.OK);
    }

    /// <summary>Lists leases, newest first, one page at a time.</summary>
    /// <param name="selector">Which; null for all.</param>
    /// <param name="ended">Whether leases that are over are wanted too.</param>
    /// <param name="before"><see cref="LeasePage.Next"/> of the page before; null for the first.</param>
    /// <param name="count">Most to return, at most 1000; null for the broker's default.</param>
    /// <param name="cancel">Ends the wait.</param>
    public Task<LeasePage> ListLeasesAsync(string? selector = null, bool ended = false, string? before = null, int? count = null, CancellationToken cancel = default) =>
        GetAsync(
            new BrokerQuery("/v1/leases").With("selector", selector).With("ended", ended ? "true" : "false").With("before", before).With("count", count).ToString(),
            ProtocolJson.Default.LeasePage, cancel);

    /// <summary>Shows one lease.</summary>
    public Task<LeaseView> GetLeaseAsync(string id, CancellationToken cancel = default) =>
        GetAsync(BrokerQuery.Path("/v1/leases", id), ProtocolJson.Default.LeaseView, cancel);

    /// <summary>Renews a lease. The answer carries a credential where renewing makes a new one.</summary>
    public Task<LeaseAnswer> RenewLeaseAsync(string id, RenewRequest request, CancellationToken cancel = default) =>
        _exchange.SendAsync(Request(HttpMethod.Post, BrokerQuery.Path("/v1/leases", id, "/renew"), Json(request, ProtocolJson.Default.RenewRequest)),
            ProtocolJson.Default.LeaseAnswer, cancel, HttpStatusCode.OK);

    /// <summary>Begins the end of a lease. It is over once a later <see cref="GetLeaseAsync"/> says <c>ended</c>.</summary>
    /// <param name="id">The lease.</param>
    /// <param name="reason">Why; recorded.</param>
    /// <param name="cancel">Ends the wait; the lease ends all the same.</param>
    public Task<LeaseView> RevokeLeaseAsync(string id, string? reason = null, CancellationToken cancel = default) =>
        _exchange.SendAsync(Request(HttpMethod.Delete, new BrokerQuery(BrokerQuery.Path("/v1/leases", id)).With("reason", reason).ToString()),
            ProtocolJson.Default.LeaseView, cancel, HttpStatusCode.Accepted);

    /// <summary>Ends a task and with it its leases.</summary>
    /// <param name="id">The task's name; may contain any character.</param>
    /// <param name="cancel">Ends the wait.</param>
    public Task<TaskEnded> EndTaskAsync(string id, CancellationToken cancel = default) =>
        _exchange.SendAsync(Request(HttpMethod.Post, BrokerQuery.Path("/v1/tasks", id, "/end")), ProtocolJson.Default.TaskEnded, cancel,
            HttpStatusCode.OK, HttpStatusCode.Accepted);

    /// <summary>Lists activated templates.</summary>
    public Task<TemplateList> ListTemplatesAsync(CancellationToken cancel = default) =>
        GetAsync("/v1/templates", ProtocolJson.Default.TemplateList, cancel);

    /// <summary>Proposes a template, and activates it where no second person is needed; its state says which. A template with mistakes is refused with all of them in <see cref="Problem.Mistakes"/>.</summary>
    /// <param name="yaml">The template.</param>
    /// <param name="file">Name to use in messages.</param>
    /// <param name="cancel">Ends the wait.</param>
    public Task<TemplateView> ApplyTemplateAsync(string yaml, string? file = null, CancellationToken cancel = default) =>
        _exchange.SendAsync(Request(HttpMethod.Put, new BrokerQuery("/v1/templates").With("file", file).ToString(), Text(yaml, "application/yaml")),
            ProtocolJson.Default.TemplateView, cancel, HttpStatusCode.OK, HttpStatusCode.Accepted);

    /// <summary>Lists template revisions that wait for a second person.</summary>
    public Task<TemplateList> ListCandidatesAsync(CancellationToken cancel = default) =>
        GetAsync("/v1/templates/candidates", ProtocolJson.Default.TemplateList, cancel);

    /// <summary>Activates a candidate, as another person than its author.</summary>
    /// <param name="name">The template.</param>
    /// <param name="revision">Hash of the text that was looked at.</param>
    /// <param name="cancel">Ends the wait.</param>
    public Task<TemplateView> ActivateTemplateAsync(string name, string revision, CancellationToken cancel = default) =>
        _exchange.SendAsync(Request(HttpMethod.Post, BrokerQuery.Path("/v1/templates", name, BrokerQuery.Path("/revisions", revision, "/activate"))),
            ProtocolJson.Default.TemplateView, cancel, HttpStatusCode.OK);

    /// <summary>Judges a template without activating it.</summary>
    /// <param name="yaml">The template.</param>
    /// <param name="file">Name to use in messages.</param>
    /// <param name="cancel">Ends the wait.</param>
    public Task<TemplateVerdict> ValidateTemplateAsync(string yaml, string? file = null, CancellationToken cancel = default) =>
        _exchange.SendAsync(Request(HttpMethod.Post, new BrokerQuery("/v1/templates/validate").With("file", file).ToString(), Text(yaml, "application/yaml")),
            ProtocolJson.Default.TemplateVerdict, cancel, HttpStatusCode.OK);

    /// <summary>Judges a claim without making it.</summary>
    public Task<Explanation> ExplainAsync(ExplainRequest request, CancellationToken cancel = default) =>
        _exchange.SendAsync(Request(HttpMethod.Post, "/v1/explain", Json(request, ProtocolJson.Default.ExplainRequest)),
            ProtocolJson.Default.Explanation, cancel, HttpStatusCode.OK);

    /// <summary>Sets a freeze. Once this returns, nothing that it covers is handed out by any replica.</summary>
    public Task<ControlView> FreezeAsync(ControlRequest request, CancellationToken cancel = default) => ControlAsync("/v1/freezes", request, cancel);

    /// <summary>Lists freezes in force.</summary>
    public Task<ControlList> ListFreezesAsync(CancellationToken cancel = default) => GetAsync("/v1/freezes", ProtocolJson.Default.ControlList, cancel);

    /// <summary>Lifts a freeze.</summary>
    public Task ThawAsync(string id, CancellationToken cancel = default) => LiftAsync("/v1/freezes", id, cancel);

    /// <summary>Sets a hold: automatic ends that it covers wait until it is lifted or expires.</summary>
    public Task<ControlView> HoldAsync(ControlRequest request, CancellationToken cancel = default) => ControlAsync("/v1/holds", request, cancel);

    /// <summary>Lists holds in force.</summary>
    public Task<ControlList> ListHoldsAsync(CancellationToken cancel = default) => GetAsync("/v1/holds", ProtocolJson.Default.ControlList, cancel);

    /// <summary>Lifts a hold.</summary>
    public Task UnholdAsync(string id, CancellationToken cancel = default) => LiftAsync("/v1/holds", id, cancel);

    /// <summary>Lists the broker's own keys.</summary>
    public Task<KeyList> ListKeysAsync(CancellationToken cancel = default) => GetAsync("/v1/keys", ProtocolJson.Default.KeyList, cancel);

    /// <summary>Has the signing key of a purpose followed by a new one, which is published before it signs.</summary>
    /// <param name="purpose">The keys' purpose.</param>
    /// <param name="atOnce">The key is lost: its successor signs now, and what it signed is good no more.</param>
    /// <param name="cancel">Ends the wait.</param>
    public Task<KeyView> RotateKeyAsync(string purpose, bool atOnce = false, CancellationToken cancel = default) =>
        _exchange.SendAsync(Request(HttpMethod.Post, new BrokerQuery("/v1/keys/rotate").With("purpose", purpose).With("atOnce", atOnce ? "true" : null).ToString()),
            ProtocolJson.Default.KeyView, cancel, HttpStatusCode.OK);

    /// <summary>Asks for an exception; it stands once another operator approved it.</summary>
    public Task<ExceptionView> RequestExceptionAsync(ExceptionRequest request, CancellationToken cancel = default) =>
        _exchange.SendAsync(Request(HttpMethod.Post, PathOf(ExceptionKind.Exception), Json(request, ProtocolJson.Default.ExceptionRequest)), ProtocolJson.Default.ExceptionView, cancel, HttpStatusCode.Created);

    /// <summary>Asks for a risk acceptance; it stands once another operator approved it.</summary>
    public Task<ExceptionView> RequestRiskAcceptanceAsync(RiskAcceptanceRequest request, CancellationToken cancel = default) =>
        _exchange.SendAsync(Request(HttpMethod.Post, PathOf(ExceptionKind.RiskAcceptance), Json(request, ProtocolJson.Default.RiskAcceptanceRequest)), ProtocolJson.Default.ExceptionView, cancel, HttpStatusCode.Created);

    /// <summary>Opens break-glass for one instance, at once; another operator has to review it.</summary>
    public Task<ExceptionView> OpenBreakGlassAsync(BreakGlassRequest request, CancellationToken cancel = default) =>
        _exchange.SendAsync(Request(HttpMethod.Post, PathOf(ExceptionKind.BreakGlass), Json(request, ProtocolJson.Default.BreakGlassRequest)), ProtocolJson.Default.ExceptionView, cancel, HttpStatusCode.Created);

    /// <summary>Reviews break-glass, as another person than who opened it.</summary>
    public Task<ExceptionView> ReviewBreakGlassAsync(string id, ReviewRequest review, CancellationToken cancel = default) =>
        _exchange.SendAsync(Request(HttpMethod.Post, BrokerQuery.Path(PathOf(ExceptionKind.BreakGlass), id, "/review"), Json(review, ProtocolJson.Default.ReviewRequest)), ProtocolJson.Default.ExceptionView, cancel, HttpStatusCode.OK);

    /// <summary>Lists records of one kind, newest first.</summary>
    public Task<ExceptionList> ListExceptionsAsync(ExceptionKind kind, CancellationToken cancel = default) => GetAsync(PathOf(kind), ProtocolJson.Default.ExceptionList, cancel);

    /// <summary>Shows one record.</summary>
    public Task<ExceptionView> GetExceptionAsync(ExceptionKind kind, string id, CancellationToken cancel = default) =>
        GetAsync(BrokerQuery.Path(PathOf(kind), id), ProtocolJson.Default.ExceptionView, cancel);

    /// <summary>Approves an exception or risk acceptance, as another person than who asked for it.</summary>
    public Task<ExceptionView> ApproveExceptionAsync(ExceptionKind kind, string id, CancellationToken cancel = default) =>
        _exchange.SendAsync(Request(HttpMethod.Post, BrokerQuery.Path(PathOf(kind), id, "/approve")), ProtocolJson.Default.ExceptionView, cancel, HttpStatusCode.OK);

    /// <summary>Ends a record before its time, or refuses a request; what rests on it ends with it.</summary>
    public Task<ExceptionView> EndExceptionAsync(ExceptionKind kind, string id, string? reason = null, CancellationToken cancel = default) =>
        _exchange.SendAsync(Request(HttpMethod.Delete, new BrokerQuery(BrokerQuery.Path(PathOf(kind), id)).With("reason", reason).ToString()), ProtocolJson.Default.ExceptionView, cancel, HttpStatusCode.OK);

    private static string PathOf(ExceptionKind kind) => kind switch
    {
        ExceptionKind.Exception => "/v1/exceptions",
        ExceptionKind.RiskAcceptance => "/v1/risk-acceptances",
        ExceptionKind.BreakGlass => "/v1/breakglass",
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };

    /// <summary>Reads audit records as they come, without a limit on their number; each stays under 8 MiB.</summary>
    /// <exception cref="InvalidDataException">A line is no record; the message names its number.</exception>
    public async IAsyncEnumerable<AuditLine> ReadAuditAsync(AuditFilter filter, [EnumeratorCancellation] CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(filter);
        var query = new BrokerQuery("/v1/audit").With("stream", filter.Stream).With("type", filter.Type).With("lease", filter.Lease)
            .With("since", filter.Since?.ToUnixTimeMilliseconds()).With("tail", filter.Tail);
        using var response = await _exchange.OpenAsync(Request(HttpMethod.Get, query.ToString()), cancel);
        // The time limit is on silence: a long export is no fault, a broker that says nothing more is.
        using var idle = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        await using var stream = await response.Content.ReadAsStreamAsync(cancel);
        await using var lines = AuditLines.ReadAsync(stream, idle.Token).GetAsyncEnumerator(idle.Token);
        while (true)
        {
            idle.CancelAfter(_http.Timeout);
            if (!await _exchange.ReachAsync(() => lines.MoveNextAsync().AsTask(), cancel)) yield break;
            idle.CancelAfter(Timeout.InfiniteTimeSpan);
            yield return lines.Current;
        }
    }

    /// <summary>Copies an export of all evidence, which ends in a signed checkpoint of its own size.</summary>
    /// <param name="to">Takes the text as it comes, see <see cref="ExportVerifier"/>.</param>
    /// <param name="cancel">Ends the copying.</param>
    public async Task CopyEvidenceAsync(Stream to, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(to);
        using var response = await _exchange.OpenAsync(Request(HttpMethod.Get, "/v1/audit/export"), cancel);
        using var idle = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        await using var stream = await response.Content.ReadAsStreamAsync(cancel);
        var chunk = new byte[128 * 1024];
        while (true)
        {
            idle.CancelAfter(_http.Timeout);
            var read = await _exchange.ReachAsync(() => stream.ReadAsync(chunk, idle.Token).AsTask(), cancel);
            if (read == 0) return;
            idle.CancelAfter(Timeout.InfiniteTimeSpan);
            await to.WriteAsync(chunk.AsMemory(0, read), cancel);
        }
    }

    /// <summary>What the broker can show about a lease, as it is to be kept; see <see cref="BundleVerifier"/>.</summary>
    public Task<byte[]> GetLeaseEvidenceAsync(string id, CancellationToken cancel = default) =>
        _exchange.ReadAsync(Request(HttpMethod.Get, BrokerQuery.Path("/v1/leases", id, "/evidence")), cancel);

    /// <summary>What the broker can show about a period, at most 2000 records.</summary>
    /// <param name="since">Beginning, inclusive.</param>
    /// <param name="until">End, exclusive.</param>
    /// <param name="cancel">Ends the wait.</param>
    public Task<byte[]> GetPeriodEvidenceAsync(DateTimeOffset since, DateTimeOffset until, CancellationToken cancel = default) =>
        _exchange.ReadAsync(Request(HttpMethod.Get, new BrokerQuery("/v1/audit/evidence").With("since", since.ToUnixTimeMilliseconds()).With("until", until.ToUnixTimeMilliseconds()).ToString()), cancel);

    /// <summary>The newest signed checkpoints.</summary>
    public Task<CheckpointList> ListCheckpointsAsync(int? count = null, CancellationToken cancel = default) =>
        GetAsync(new BrokerQuery("/v1/audit/checkpoints").With("count", count).ToString(), ProtocolJson.Default.CheckpointList, cancel);

    /// <summary>The keys that evidence is verified with, one to a line, see <see cref="VerificationKey"/>.</summary>
    public async Task<string> GetEvidenceKeysAsync(CancellationToken cancel = default) =>
        Encoding.UTF8.GetString(await _exchange.ReadAsync(Request(HttpMethod.Get, "/v1/audit/key"), cancel));

    /// <summary>Asks whether a token this broker issued is still good (RFC 7662).</summary>
    public Task<JsonElement> IntrospectAsync(string token, CancellationToken cancel = default) =>
        _exchange.SendAsync(Request(HttpMethod.Post, "/oauth2/introspect", new FormUrlEncodedContent([new("token", token)])),
            ProtocolJson.Default.JsonElement, cancel, HttpStatusCode.OK);

    /// <summary>Asks a replica whether it can record, and so may issue. One that cannot answers with status <c>unavailable</c>, which is no exception.</summary>
    public Task<HealthView> GetHealthAsync(CancellationToken cancel = default) =>
        _exchange.SendAsync(Request(HttpMethod.Get, "/healthz/ready"), ProtocolJson.Default.HealthView, cancel, HttpStatusCode.OK, HttpStatusCode.ServiceUnavailable);

    /// <summary>Asks who the caller is to the broker, and what they may do.</summary>
    public Task<WhoAmI> WhoAmIAsync(CancellationToken cancel = default) => GetAsync("/v1/whoami", ProtocolJson.Default.WhoAmI, cancel);

    private Task<T> GetAsync<T>(string path, JsonTypeInfo<T> answer, CancellationToken cancel) =>
        _exchange.SendAsync(Request(HttpMethod.Get, path), answer, cancel, HttpStatusCode.OK);

    private Task<ControlView> ControlAsync(string path, ControlRequest request, CancellationToken cancel) =>
        _exchange.SendAsync(Request(HttpMethod.Post, path, Json(request, ProtocolJson.Default.ControlRequest)), ProtocolJson.Default.ControlView, cancel, HttpStatusCode.Created);

    private Task LiftAsync(string folder, string id, CancellationToken cancel) =>
        _exchange.SendAsync(Request(HttpMethod.Delete, BrokerQuery.Path(folder, id)), cancel, HttpStatusCode.NoContent);

    private static HttpRequestMessage Request(HttpMethod method, string path, HttpContent? content = null) =>
        new(method, new Uri(path, UriKind.Relative)) { Content = content };

    private static ByteArrayContent Json<T>(T value, JsonTypeInfo<T> type)
    {
        ArgumentNullException.ThrowIfNull(value);
        return Bytes(JsonSerializer.SerializeToUtf8Bytes(value, type), "application/json");
    }

    private static ByteArrayContent Text(string text, string type)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Bytes(Encoding.UTF8.GetBytes(text), type);
    }

    private static ByteArrayContent Bytes(byte[] bytes, string type) => new(bytes) { Headers = { ContentType = new MediaTypeHeaderValue(type) } };
}
