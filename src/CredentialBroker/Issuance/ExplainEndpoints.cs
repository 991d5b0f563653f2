using CredentialBroker.Approvals;
using CredentialBroker.Attestation;
using CredentialBroker.Hosting;
using CredentialBroker.Policy;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Templates;
using CredentialBroker.Storage;

namespace CredentialBroker.Issuance;

/// <summary>Judges a claim without making it: no row, no record, no call to a target.</summary>
internal static class ExplainEndpoints
{
    public static void MapExplain(this IEndpointRouteBuilder routes) => routes.MapPost("/v1/explain", ExplainAsync);

    private static async Task<IResult> ExplainAsync(HttpContext http, FactReader reader, ApprovalStore approvals, WorkloadAttestation attestation)
    {
        Bodies.Require(http.Request, "application/json");
        var request = Bodies.Parse(await Bodies.ReadAsync(http.Request, 32 * 1024, http.RequestAborted), ProtocolJson.Default.ExplainRequest);
        long? ttl = null;
        if (request.Ttl is not null)
        {
            if (!Durations.TryParse(request.Ttl, out var parsed)) return Problems.Of(ReasonCodes.Invalid, "ttl is no duration such as 90s or 15m");
            ttl = (long)parsed.TotalMilliseconds;
        }

        var (workload, refused) = await WhoAsync(request, attestation, http.RequestAborted);
        var scope = http.Operator().Scope;
        if (workload is null)
        {
            if (scope.IsNarrow) return scope.Refuse("evidence that proves nobody");
            var clause = new ClauseView("attestation", false, refused!.Code, refused.Detail);
            return Results.Json(new Explanation(false, [clause], clause.Name, clause.Code), ProtocolJson.Default.Explanation);
        }

        var facts = await reader.ReadAsync(workload, new Ask(request.Template, ttl, request.Intent, request.Nonce), renews: null, http.RequestAborted);
        // What a description leaves out is unknown, so that only what is stated can lie within.
        if (!scope.CoversKnown(ClaimDimensions.Of(facts))) return scope.Refuse("this claim");
        facts = facts with { TaskEnded = await approvals.IsTaskEndedAsync(FactReader.TaskOf(facts), http.RequestAborted) };
        return Results.Json(View(facts), ProtocolJson.Default.Explanation);
    }

    private static Explanation View(Facts facts)
    {
        var clauses = PolicyRules.Explain(facts).Select(c => new ClauseView(c.Name, c.Holds, c.Code, c.Detail)).ToList();
        return PolicyRules.Decide(facts) switch
        {
            Decision.Granted granted => new Explanation(true, clauses, null, null, granted.Scope.Privileges, DateTimeOffset.FromUnixTimeMilliseconds(granted.EndsAt), granted.EndsBecause),
            Decision.Refused refused => new Explanation(false, clauses, refused.Clause, refused.Code),
            _ => throw new InvalidOperationException("a decision has two outcomes"),
        };
    }

    /// <summary>Evidence is judged like anybody's; a description stands in where an operator has none at hand.</summary>
    private static async Task<(Workload? Workload, Attested.Refused? Refused)> WhoAsync(ExplainRequest request, WorkloadAttestation attestation, CancellationToken cancel)
    {
        if (request.Evidence is not null || request.Workload is null)
        {
            return await attestation.AttestAsync(Evidence.OfBearer(request.Evidence), cancel) switch
            {
                Attested.As proven => (proven.Workload, null),
                Attested.Refused refused => (null, refused),
                _ => throw new InvalidOperationException("attestation has two outcomes"),
            };
        }

        return (new Workload("described", "described", request.Workload, request.Workload, request.Instance ?? "", 5, new Dictionary<string, string>(), [], "described", 0), null);
    }
}
