using System.Globalization;
using CredentialBroker.Protocol;
using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Hosting;

/// <summary>Error answers: one status per reason code, and the fault that each exception stands for.</summary>
internal static class Problems
{
    private static readonly Dictionary<string, int> Statuses = new(StringComparer.Ordinal)
    {
        [ReasonCodes.TierDeferred] = 202,
        [ReasonCodes.RequestMalformed] = 400, [ReasonCodes.ProofInvalid] = 400, [ReasonCodes.SigningRequestInvalid] = 400,
        [ReasonCodes.ApprovalMalformed] = 400, [ReasonCodes.BinaryMode] = 400, [ReasonCodes.EventType] = 400,
        [ReasonCodes.OperatorUnknown] = 401,
        [ReasonCodes.LeaseUnknown] = 404, [ReasonCodes.NotFound] = 404, [ReasonCodes.SourceUnknown] = 404,
        [ReasonCodes.ConcurrentLeases] = 409, [ReasonCodes.ClaimInProgress] = 409, [ReasonCodes.LeaseOver] = 409, [ReasonCodes.LeaseBusy] = 409,
        [ReasonCodes.LeaseNotRenewable] = 409, [ReasonCodes.ApprovalReplayed] = 409, [ReasonCodes.ApprovalFinal] = 409,
        [ReasonCodes.RequestTooSlow] = 408,
        [ReasonCodes.ExceptionOver] = 409, [ReasonCodes.RevocationOver] = 409, [ReasonCodes.BreakGlassLocked] = 409,
        [ReasonCodes.RequestTooLarge] = 413,
        [ReasonCodes.TooManyFailures] = 429,
        [ReasonCodes.IdempotencyMismatch] = 422, [ReasonCodes.Invalid] = 422,
        [ReasonCodes.ApprovalNotConfirmed] = 425,
        [ReasonCodes.EvidenceContradicted] = 503, [ReasonCodes.StoreUnavailable] = 503, [ReasonCodes.Overloaded] = 503, [ReasonCodes.FactsChanged] = 503, [ReasonCodes.TargetUnavailable] = 503,
        [ReasonCodes.TargetOverloaded] = 503, [ReasonCodes.MintFailed] = 503, [ReasonCodes.PolicyUnavailable] = 503,
        [ReasonCodes.EvidenceKeysUnavailable] = 503, [ReasonCodes.ClusterUnavailable] = 503, [ReasonCodes.AdmissionUndecided] = 503, [ReasonCodes.EvidenceCheckUnavailable] = 503, [ReasonCodes.SourceUnavailable] = 503,
    };

    public static int StatusOf(string code) =>
        Statuses.TryGetValue(code, out var status) ? status : code.StartsWith("evidence_", StringComparison.Ordinal) ? 401 : 403;

    public static IResult Of(string code, string? detail, string? decision = null, string? clause = null, IReadOnlyList<string>? mistakes = null, TimeSpan? retryAfter = null) =>
        new ProblemResult(new Problem
        {
            Title = code.Replace('_', ' '),
            Status = StatusOf(code),
            Code = code,
            Detail = detail,
            Decision = decision,
            Clause = clause,
            Mistakes = mistakes,
        }, retryAfter);

    /// <summary>The problem that a fault on the way stands for; null for what nobody foresaw.</summary>
    public static IResult? OfFault(Exception error) => error switch
    {
        JournalFullException => Of(ReasonCodes.Overloaded, "more work is waiting than is accepted; try again"),
        // A text that the store refuses as such (an embedded NUL, an unpaired surrogate) is the request's fault, not the store's.
        Npgsql.PostgresException { SqlState: Npgsql.PostgresErrorCodes.CharacterNotInRepertoire or Npgsql.PostgresErrorCodes.UntranslatableCharacter } =>
            Of(ReasonCodes.RequestMalformed, "a value of this request cannot be stored"),
        StoreUnavailableException or System.Data.Common.DbException or TimeoutException => Of(ReasonCodes.StoreUnavailable, "the broker cannot record anything at present, so it issues nothing; try again"),
        UnitRejectedException => Of(ReasonCodes.RequestMalformed, "a value of this request cannot be stored"),
        BadHttpRequestException { StatusCode: 413 } => Of(ReasonCodes.RequestTooLarge, "the body is larger than this route takes"),
        BadHttpRequestException { StatusCode: 408 } => Of(ReasonCodes.RequestTooSlow, "the body came too slowly"),
        // The framework's message repeats what was sent.
        BadHttpRequestException bad when bad.Message.StartsWith("Failed to bind", StringComparison.Ordinal) => Of(ReasonCodes.RequestMalformed, "a parameter of the query has another form"),
        BadHttpRequestException bad => Of(ReasonCodes.RequestMalformed, bad.Message),
        _ => null,
    };

    private sealed class ProblemResult(Problem problem, TimeSpan? retryAfter) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext)
        {
            var response = httpContext.Response;
            response.StatusCode = problem.Status;
            response.Headers.CacheControl = "no-store";
            if (retryAfter is { } wait) response.Headers.RetryAfter = Math.Ceiling(wait.TotalSeconds).ToString(CultureInfo.InvariantCulture);
            else if (problem.Status is 503 or 425 or 202) response.Headers.RetryAfter = "1";
            if (problem.Status == 401) response.Headers.WWWAuthenticate = "Bearer";
            return response.WriteAsJsonAsync(problem, ProtocolJson.Default.Problem, "application/problem+json", httpContext.RequestAborted);
        }
    }
}
