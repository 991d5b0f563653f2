using CredentialBroker.Protocol.Approvals;
using CredentialBroker.WebConsole.Frame;
using CredentialBroker.WebConsole.Leases;

namespace CredentialBroker.WebConsole.Approvals;

/// <summary>What was approved to run, and what came of it.</summary>
internal static class ApprovalPages
{
    private const int Most = 500;

    public static void MapApprovalPages(this IEndpointRouteBuilder routes)
    {
        routes.MapPage(Menu.Approvals, async visit =>
        {
            var state = visit.Query.Text("state");
            var all = await Part.Of(visit.Api.ListApprovalsAsync(Most, visit.Cancel));
            IReadOnlyList<ApprovalView> shown = [.. all.Value?.Approvals.Where(approval => state is null || approval.State == state) ?? []];
            return visit.Page<ApprovalListPage>("Approvals", Menu.Approvals, all.Refusal, ("State", state), ("All", all.Value?.Approvals ?? []), ("Shown", shown));
        });
        routes.MapPage(Menu.Approvals + "/{id}", async visit =>
        {
            var approval = await visit.Api.GetApprovalAsync(visit.Http.Request.RouteValues["id"]!.ToString()!, visit.Cancel);
            var live = Part.Of(visit.Api.ListLeasesAsync($"approval={approval.Id}", count: 50, cancel: visit.Cancel));
            var ended = Part.Of(visit.Api.ListLeasesAsync($"approval={approval.Id}", ended: true, count: 50, cancel: visit.Cancel));
            return visit.Page<ApprovalPage>($"Approval {approval.Reference}", Menu.Approvals, null, ("Approval", approval), ("Live", await live), ("Ended", await ended));
        });
    }

    public static string AddressOf(string? state) => state is null ? Menu.Approvals : $"{Menu.Approvals}?state={state}";
}
