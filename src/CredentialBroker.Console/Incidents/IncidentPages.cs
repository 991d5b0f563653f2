using System.Net;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Incidents;
using CredentialBroker.WebConsole.Frame;

namespace CredentialBroker.WebConsole.Incidents;

/// <summary>Bulk revocation: look first, then do it, watch it, have another person confirm it.</summary>
internal static class IncidentPages
{
    public const string New = Menu.Incidents + "/new";

    public static void MapIncidentPages(this IEndpointRouteBuilder routes)
    {
        routes.MapPage(Menu.Incidents, async visit =>
            visit.Page<IncidentListPage>("Incidents", Menu.Incidents, null, ("Found", (await visit.Api.ListRevocationsAsync(visit.Cancel)).Revocations)));
        routes.MapPage(New, visit => PreviewAsync(visit, null, new RevocationRequest(visit.Query.Text("selector") ?? "", "")));
        routes.MapAct(Menu.Incidents, OpenAsync);
        routes.MapPage(Menu.Incidents + "/{id}", visit => ShowAsync(visit, null));
        routes.MapPage(Menu.Incidents + "/{id}/report", async visit =>
            visit.Page<ReportPage>($"Report {IdOf(visit)}", Menu.Incidents, null, ("Report", await visit.Api.ReportRevocationAsync(IdOf(visit), visit.Cancel))));
        routes.MapPage(Menu.Incidents + "/{id}/report.md", async visit =>
            Results.Bytes(await visit.Api.ReadRevocationReportAsync(IdOf(visit), visit.Cancel), "text/markdown; charset=utf-8", $"incident-{IdOf(visit)}.md"));
        routes.MapAct(Menu.Incidents + "/{id}/confirm", visit => ActAsync(visit, async () =>
            await visit.Api.ConfirmRevocationAsync(IdOf(visit), (await visit.FormAsync()).Text("token") ?? "", visit.Cancel), "Confirmed. It has begun."));
        routes.MapAct(Menu.Incidents + "/{id}/cancel", visit => ActAsync(visit, () => visit.Api.CancelRevocationAsync(IdOf(visit), visit.Cancel), "Called off. What had been taken by then is ended all the same."));
    }

    private static string IdOf(Visit visit) => visit.Http.Request.RouteValues["id"]!.ToString()!;

    private static async Task<IResult> OpenAsync(Visit visit)
    {
        var form = await visit.FormAsync();
        var request = new RevocationRequest(form.Text("selector") ?? "", form.Text("reason") ?? "", form.Text("freeze") == "true");
        try
        {
            // The key came with the preview: sending the form twice revokes once.
            var opened = await visit.Api.RevokeAsync(request, form.Text("key") ?? "", visit.Cancel);
            return visit.GoTo($"{Menu.Incidents}/{opened.Id}");
        }
        catch (BrokerException refusal) when (refusal.Status is not HttpStatusCode.Unauthorized)
        {
            return await PreviewAsync(visit, refusal, request);
        }
    }

    private static async Task<IResult> ActAsync(Visit visit, Func<Task<RevocationView>> act, string done)
    {
        try
        {
            await act();
        }
        catch (BrokerException refusal) when (refusal.Status is not HttpStatusCode.Unauthorized)
        {
            return await ShowAsync(visit, refusal);
        }

        return visit.GoTo($"{Menu.Incidents}/{IdOf(visit)}", done);
    }

    private static async Task<IResult> PreviewAsync(Visit visit, BrokerException? refusal, RevocationRequest asked)
    {
        visit.Address = $"{New}?selector={Uri.EscapeDataString(asked.Selector)}";
        var preview = asked.Selector.Length == 0 ? null : await Part.Of(visit.Api.PreviewRevocationAsync(asked.Selector, visit.Cancel));
        var key = Ids.New(visit.Http.RequestServices.GetRequiredService<TimeProvider>());
        return visit.Page<PreviewPage>("New incident", Menu.Incidents, refusal ?? preview?.Refusal, ("Asked", asked), ("Preview", preview?.Value), ("Key", key), ("Saved", (await Part.Of(visit.Api.ListSelectorsAsync(visit.Cancel))).Value?.Selectors ?? []));
    }

    private static async Task<IResult> ShowAsync(Visit visit, BrokerException? refusal)
    {
        var revocation = await visit.Api.GetRevocationAsync(IdOf(visit), visit.Cancel);
        visit.Address = $"{Menu.Incidents}/{revocation.Id}";
        return visit.Page<IncidentPage>($"Incident {revocation.Id}", Menu.Incidents, refusal, ("Revocation", revocation));
    }
}
