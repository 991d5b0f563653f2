using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Controls;
using CredentialBroker.WebConsole.Frame;

namespace CredentialBroker.WebConsole.Controls;

/// <summary>What is stopped right now, and stopping it.</summary>
internal static class ControlPages
{
    private const string Freeze = "freezes", Hold = "holds";

    public static void MapControlPages(this IEndpointRouteBuilder routes)
    {
        routes.MapPage(Menu.Controls, visit => ShowAsync(visit, null, visit.Query.Text("kind") ?? Freeze, new ControlRequest(visit.Query.Text("selector") ?? "", "")));
        routes.MapAct(Menu.Controls + "/{kind}", SetAsync);
        routes.MapAct(Menu.Controls + "/{kind}/{id}/lift", LiftAsync);
    }

    private static string KindOf(Visit visit) => visit.Http.Request.RouteValues["kind"]!.ToString()!;

    private static async Task<IResult> SetAsync(Visit visit)
    {
        var (kind, form) = (KindOf(visit), await visit.FormAsync());
        var request = new ControlRequest(form.Text("selector") ?? "", form.Text("reason") ?? "", form.Text("for"));
        try
        {
            if (kind == Freeze) await visit.Api.FreezeAsync(request, visit.Cancel);
            else if (kind == Hold) await visit.Api.HoldAsync(request, visit.Cancel);
            else return Pages.Trouble(visit.Http, visit.Session, 404, "No such control", "There are freezes and holds.");
        }
        catch (BrokerException refusal) when (refusal.Status is not System.Net.HttpStatusCode.Unauthorized)
        {
            return await ShowAsync(visit, refusal, kind, request);
        }

        return visit.GoTo(Menu.Controls, kind == Freeze ? $"Frozen: {request.Selector}. No replica hands out what it covers any more." : $"Held: {request.Selector}. Automatic ends that it covers wait.");
    }

    private static async Task<IResult> LiftAsync(Visit visit)
    {
        var (kind, id) = (KindOf(visit), visit.Http.Request.RouteValues["id"]!.ToString()!);
        try
        {
            if (kind == Freeze) await visit.Api.ThawAsync(id, visit.Cancel);
            else await visit.Api.UnholdAsync(id, visit.Cancel);
        }
        catch (BrokerException refusal) when (refusal.Status is not System.Net.HttpStatusCode.Unauthorized)
        {
            return await ShowAsync(visit, refusal, kind, new ControlRequest("", ""));
        }

        return visit.GoTo(Menu.Controls, kind == Freeze ? "The freeze is lifted." : "The hold is lifted.");
    }

    private static async Task<IResult> ShowAsync(Visit visit, BrokerException? refusal, string kind, ControlRequest asked)
    {
        var freezes = Part.Of(visit.Api.ListFreezesAsync(visit.Cancel));
        var holds = Part.Of(visit.Api.ListHoldsAsync(visit.Cancel));
        return visit.Page<ControlsPage>("Freezes & holds", Menu.Controls, refusal, ("Freezes", await freezes), ("Holds", await holds), ("Kind", kind), ("Asked", asked));
    }
}
