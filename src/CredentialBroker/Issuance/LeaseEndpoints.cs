using System.Security.Cryptography;
using System.Text.Json;
using CredentialBroker.Attestation;
using CredentialBroker.Hosting;
using CredentialBroker.Leases;
using CredentialBroker.Policy;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Leases;
using CredentialBroker.Protocol.Selectors;
using CredentialBroker.Storage;

namespace CredentialBroker.Issuance;

/// <summary>What a workload does with leases, and what operators see of them.</summary>
internal static class LeaseEndpoints
{
    private const int BodyLimit = 16 * 1024;

    /// <summary>As in approvals.</summary>
    private const int LongestNonce = 256;

    public static void MapLeases(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/v1/leases", ClaimAsync);
        routes.MapPost("/v1/leases/{id}/renew", RenewAsync);
        routes.MapDelete("/v1/leases/{id}", EndAsync);
        routes.MapGet("/v1/leases/{id}", ShowAsync);
        routes.MapGet("/v1/leases", ListAsync);
    }

    private static async Task<IResult> ClaimAsync(HttpContext http, IssueCredential issue, PresentedKeys presented)
    {
        if (http.Request.Headers["Idempotency-Key"] is not [{ Length: > 0 and <= 255 } key] || key.Any(c => c is < '!' or > '~'))
        {
            throw new BadHttpRequestException("send one Idempotency-Key header of 1 to 255 visible ASCII characters");
        }

        Bodies.Require(http.Request, "application/json");
        var body = await Bodies.ReadAsync(http.Request, BodyLimit, http.RequestAborted);
        var request = Bodies.Parse(body, ProtocolJson.Default.ClaimRequest);
        if (request.Nonce is { } nonce && (nonce.Length is 0 or > LongestNonce || nonce.Any(char.IsControl)))
        {
            throw new BadHttpRequestException("a nonce has 1 to 256 printable characters");
        }

        var ask = new Ask(request.Template, Milliseconds(request.Ttl), request.Intent, request.Nonce);
        var possessed = await presented.ReadAsync(http, request.Csr);
        if (possessed is Possessed.Refused fault) return Problems.Of(fault.Code, fault.Detail);
        var claim = new Claim(Evidence.Of(http, Bearer.Of(http.Request)), ask, key, Convert.ToHexStringLower(SHA256.HashData(body))) { Alongside = Of(possessed) };
        return await TracedAsync("claim", http, made: true, () => issue.RunAsync(claim, http.RequestAborted));
    }

    private static async Task<IResult> RenewAsync(string id, HttpContext http, RenewLease renew, PresentedKeys presented)
    {
        var body = await Bodies.ReadAsync(http.Request, BodyLimit, http.RequestAborted);
        var request = body.Length == 0 ? new RenewRequest() : Bodies.Parse(body, ProtocolJson.Default.RenewRequest);
        var possessed = await presented.ReadAsync(http, request.Csr);
        if (possessed is Possessed.Refused fault) return Problems.Of(fault.Code, fault.Detail);
        return await TracedAsync(
            "renew", http, made: false, () => renew.RunAsync(Evidence.Of(http, Bearer.Of(http.Request)), Of(possessed), id, Milliseconds(request.Ttl), http.RequestAborted));
    }

    private static async Task<IResult> EndAsync(string id, HttpContext http, EndByCaller end, string? reason) =>
        await end.RunAsync(http.Features.Get<Operator>(), Evidence.Of(http, Bearer.Of(http.Request)), id, reason, http.RequestAborted) switch
        {
            EndByCaller.Outcome.Accepted accepted => Results.Json(LeaseViews.Of(accepted.Lease), ProtocolJson.Default.LeaseView, statusCode: 202),
            EndByCaller.Outcome.Refused refused => Problems.Of(refused.Code, refused.Detail),
            _ => throw new InvalidOperationException("ending has two outcomes"),
        };

    private static async Task<IResult> ShowAsync(string id, HttpContext http, LeaseStore leases, WorkloadAttestation attestation)
    {
        var found = await leases.FindAsync(Pool.Control, id, http.RequestAborted);
        if (http.Features.Get<Operator>() is { Scope: var scope })
        {
            if (found is not null && !scope.Covers(LeaseDimensions.Of(found))) found = null;
        }
        else
        {
            var attested = await attestation.AttestAsync(Evidence.Of(http, Bearer.Of(http.Request)), http.RequestAborted, now: false);
            if (attested is Attested.Refused refused) return Problems.Of(refused.Code, null);
            if (found?.Lease.WorkloadId != ((Attested.As)attested).Workload.Id) found = null;
        }

        return found is null ? Problems.Of(ReasonCodes.LeaseUnknown, "no such lease") : Results.Json(LeaseViews.Of(found), ProtocolJson.Default.LeaseView);
    }

    private static async Task<IResult> ListAsync(HttpContext http, LeaseStore leases, string? selector, bool? ended, string? before, int? count)
    {
        var wanted = new Selector([]);
        if (!string.IsNullOrEmpty(selector) && !Selector.TryParse(selector, out wanted!, out var error))
        {
            return Problems.Of(ReasonCodes.Invalid, $"selector, position {error!.Position}: {error.Message}");
        }

        var page = Math.Clamp(count ?? 100, 1, 1000);
        var found = await leases.ListWithinAsync(wanted, http.Operator().Scope.Within, ended ?? false, before, page, http.RequestAborted);
        return Results.Json(new LeasePage([.. found.Select(LeaseViews.Of)], found.Count == page ? found[^1].Lease.Id : null), ProtocolJson.Default.LeasePage);
    }

    private static async Task<IResult> TracedAsync(string operation, HttpContext http, bool made, Func<Task<IssueResult>> run)
    {
        using var span = Spans.Root(operation, http.Request.Headers.TraceParent);
        var result = await run();
        switch (result)
        {
            case IssueResult.Granted { Lease.Lease: var lease }: span?.SetTag("lease", lease.Id).SetTag("template", lease.Template); break;
            case IssueResult.Refused { DecisionId: { } decision }: span?.SetTag("decision", decision); break;
        }

        span.Outcome(result is IssueResult.Refused refused ? refused.Code : "ok");
        return Answer(result, made);
    }

    private static IResult Answer(IssueResult result, bool made) => result switch
    {
        IssueResult.Granted granted => new LeaseAnswerResult(LeaseViews.Of(granted.Lease), granted.Secret, granted.Delivery, made ? 201 : 200),
        IssueResult.Replayed replayed => Results.Json(new LeaseAnswer(LeaseViews.Of(replayed.Lease), null, Replayed: true), ProtocolJson.Default.LeaseAnswer),
        // A workload learns the code and whom to name when it asks; the clause and its detail are the operators'.
        IssueResult.Refused refused => Problems.Of(refused.Code, refused.DecisionId is null ? null : "ask an operator about this decision", refused.DecisionId, retryAfter: refused.RetryAfter),
        _ => throw new InvalidOperationException("issuing has three outcomes"),
    };

    private static Alongside Of(Possessed possessed) => new(((Possessed.These)possessed).Keys, []);

    private static long? Milliseconds(string? duration) => duration switch
    {
        null => null,
        _ when Durations.TryParse(duration, out var parsed) && parsed > TimeSpan.Zero => (long)parsed.TotalMilliseconds,
        _ => throw new BadHttpRequestException("ttl is no duration such as 90s or 15m"),
    };
}
