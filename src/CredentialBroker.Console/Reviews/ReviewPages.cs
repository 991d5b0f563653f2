using System.Net;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Exceptions;
using CredentialBroker.Protocol.Incidents;
using CredentialBroker.WebConsole.Frame;

namespace CredentialBroker.WebConsole.Reviews;

/// <summary>What a person should look at: findings, what waits for a second person, break-glass that nobody reviewed.</summary>
internal static class ReviewPages
{
    private static readonly Dictionary<string, ExceptionKind> Kinds = new(StringComparer.Ordinal)
    {
        ["exception"] = ExceptionKind.Exception, ["risk_acceptance"] = ExceptionKind.RiskAcceptance, ["breakglass"] = ExceptionKind.BreakGlass,
    };

    public static void MapReviewPages(this IEndpointRouteBuilder routes)
    {
        routes.MapPage(Menu.Reviews, visit => ShowAsync(visit, null));
        routes.MapAct(Menu.Reviews + "/{kind}/{id}/approve", visit => ActAsync(visit, (kind, id, _) => visit.Api.ApproveExceptionAsync(kind, id, visit.Cancel), "Approved."));
        routes.MapAct(Menu.Reviews + "/{kind}/{id}/end", visit => ActAsync(visit, (kind, id, form) => visit.Api.EndExceptionAsync(kind, id, form.Text("reason"), visit.Cancel), "Ended, and what rests on it ends with it."));
        routes.MapAct(Menu.Reviews + "/breakglass/{id}/review", visit => ActAsync(visit, (_, id, form) =>
            visit.Api.ReviewBreakGlassAsync(id, new ReviewRequest(form.Text("justified") == "yes", form.Text("note") ?? ""), visit.Cancel), "Reviewed."));
    }

    private static async Task<IResult> ActAsync(Visit visit, Func<ExceptionKind, string, IFormCollection, Task<ExceptionView>> act, string done)
    {
        var route = visit.Http.Request.RouteValues;
        if (!Kinds.TryGetValue(route["kind"]?.ToString() ?? "breakglass", out var kind)) return Pages.Trouble(visit.Http, visit.Session, 404, "No such record", "There are exceptions, risk acceptances and break-glass.");
        try
        {
            await act(kind, route["id"]!.ToString()!, await visit.FormAsync());
        }
        catch (BrokerException refusal) when (refusal.Status is not HttpStatusCode.Unauthorized)
        {
            return await ShowAsync(visit, refusal);
        }

        return visit.GoTo(Menu.Reviews, done);
    }

    private static async Task<IResult> ShowAsync(Visit visit, BrokerException? refusal)
    {
        var resolved = visit.Query.Text("resolved") == "true";
        var findings = Part.Of(visit.Api.ListFindingsAsync(resolved, visit.Cancel));
        var records = Kinds.Values.Select(kind => Part.Of(visit.Api.ListExceptionsAsync(kind, visit.Cancel))).ToList();
        var candidates = Part.Of(visit.Api.ListCandidatesAsync(visit.Cancel));
        var revocations = Part.Of(visit.Api.ListRevocationsAsync(visit.Cancel));
        IReadOnlyList<ExceptionView> all = [.. (await Task.WhenAll(records)).SelectMany(part => part.Value?.Items ?? [])];
        return visit.Page<ReviewsPage>("Reviews", Menu.Reviews, refusal, ("Findings", await findings), ("Resolved", resolved), ("Records", all), ("Candidates", (await candidates).Value?.Templates ?? []),
            ("Revocations", (IReadOnlyList<RevocationView>)[.. (await revocations).Value?.Revocations.Where(one => one.State == RevocationView.AwaitingConfirmation) ?? []]));
    }
}
