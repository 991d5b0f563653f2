using CredentialBroker.Protocol;
using CredentialBroker.WebConsole.Frame;

namespace CredentialBroker.WebConsole.Overview;

internal static class OverviewPages
{
    public static void MapOverviewPage(this IEndpointRouteBuilder routes) => routes.MapPage(Menu.Overview, async visit =>
    {
        var overview = Part.Of(visit.Api.GetOverviewAsync(visit.Cancel));
        var health = Part.Of(visit.Api.GetHealthAsync(visit.Cancel));
        var freezes = Part.Of(visit.Api.ListFreezesAsync(visit.Cancel));
        var findings = Part.Of(visit.Api.ListFindingsAsync(cancel: visit.Cancel));
        return visit.Page<OverviewPage>("Overview", Menu.Overview, null, ("Standing", await overview), ("Health", await health), ("Freezes", await freezes), ("Findings", await findings));
    });
}
