using System.Net;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Reviews;
using CredentialBroker.Protocol.Selectors;
using CredentialBroker.WebConsole.Frame;

namespace CredentialBroker.WebConsole.Reviews;

/// <summary>Who workloads are, for a person to decide on; and what could be reached from something that was taken over.</summary>
internal static class IdentityPages
{
    public const string Identities = Menu.Reviews + "/identity", BlastRadius = Menu.Reviews + "/blast-radius";

    public static void MapIdentityPages(this IEndpointRouteBuilder routes)
    {
        routes.MapPage(Identities, async visit => visit.Page<IdentityListPage>("Identities", Menu.Reviews, null, ("Found", (await visit.Api.ListIdentityReviewsAsync(visit.Query.Text("workload"), visit.Cancel)).Reviews), ("Workload", visit.Query.Text("workload"))));
        routes.MapPage(Identities + "/{id}", visit => ShowAsync(visit, null));
        routes.MapAct(Identities + "/{id}/decision", DecideAsync);
        routes.MapPage(BlastRadius, ReachAsync);
        routes.MapPage(BlastRadius + ".md", async visit => Results.Bytes(await visit.Api.ReadBlastRadiusAsync(visit.Query.Text("selector") ?? "", visit.Query.Text("since"), visit.Cancel), "text/markdown; charset=utf-8", "blast-radius.md"));
    }

    public static string ReachOf(string selector, string? since = null, string form = "") => $"{BlastRadius}{form}?selector={Uri.EscapeDataString(selector)}{(since is null ? "" : $"&since={Uri.EscapeDataString(since)}")}";

    /// <summary>What one running instance reaches.</summary>
    public static string ReachOfInstance(string workload, string instance) =>
        ReachOf(new Selector([new Term("workload", Comparison.Is, [workload], 0), new Term("instance", Comparison.Is, [instance], 0)]).ToString());

    private static async Task<IResult> DecideAsync(Visit visit)
    {
        var form = await visit.FormAsync();
        var accept = form.Text("accept") == "yes";
        try
        {
            await visit.Api.DecideIdentityAsync(IdOf(visit), new IdentityDecision(accept, form.Text("note") ?? ""), visit.Cancel);
        }
        catch (BrokerException refusal) when (refusal.Status is not HttpStatusCode.Unauthorized)
        {
            return await ShowAsync(visit, refusal);
        }

        return visit.GoTo($"{Identities}/{IdOf(visit)}", accept ? "Accepted. It stands until the identity is another." : "Refused. Its leases are judged again.");
    }

    private static async Task<IResult> ShowAsync(Visit visit, BrokerException? refusal)
    {
        var review = await visit.Api.GetIdentityReviewAsync(IdOf(visit), visit.Cancel);
        visit.Address = $"{Identities}/{review.Id}";
        return visit.Page<IdentityPage>("Identity", Menu.Reviews, refusal, ("Review", review));
    }

    private static async Task<IResult> ReachAsync(Visit visit)
    {
        var (selector, since) = (visit.Query.Text("selector"), visit.Query.Text("since"));
        var radius = selector is null ? null : await Part.Of(visit.Api.GetBlastRadiusAsync(selector, since, visit.Cancel));
        return visit.Page<BlastRadiusPage>("Blast radius", Menu.Reviews, radius?.Refusal, ("Selector", selector), ("Since", since), ("Radius", radius?.Value));
    }

    private static string IdOf(Visit visit) => visit.Http.Request.RouteValues["id"]!.ToString()!;
}
