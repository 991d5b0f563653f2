using CredentialBroker.Hosting;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Reviews;
using CredentialBroker.Protocol.Selectors;

namespace CredentialBroker.Issuance.Reevaluation;

/// <summary>What would end if live leases were judged now; nothing ends by looking.</summary>
internal static class ReevaluationEndpoints
{
    private const int Page = 500;

    public static void MapReevaluation(this IEndpointRouteBuilder routes) => routes.MapGet("/v1/reviews/would-change", ListAsync);

    private static async Task<IResult> ListAsync(HttpContext http, Reevaluation reevaluation, ExternalPolicyOptions options, string? selector, string? after, bool? policy)
    {
        var wanted = new Selector([]);
        if (!string.IsNullOrEmpty(selector) && !Selector.TryParse(selector, out wanted!, out var error)) return Problems.Of(ReasonCodes.Invalid, $"selector, position {error!.Position}: {error.Message}");
        var (changed, next) = await reevaluation.PageAsync(wanted, http.Operator().Scope.Within, after ?? "", Page, policy ?? options.Url is not null, http.RequestAborted);
        return Results.Json(new ChangePage([.. changed.Select(View)], options.EndChanged, next), ProtocolJson.Default.ChangePage);
    }

    private static ChangeView View(ChangedLease one) => new(
        one.Live.Lease.Id, one.Live.Lease.Template, one.Live.Lease.Environment, one.Live.Lease.Target, one.Live.Workload.Uri, one.Live.Workload.Instance,
        DateTimeOffset.FromUnixTimeMilliseconds(one.Live.Lease.EndsAt), one.Refused.Clause, one.Refused.Code, one.Refused.Detail);
}
