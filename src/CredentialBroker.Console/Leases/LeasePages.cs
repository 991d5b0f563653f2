using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Incidents;
using CredentialBroker.WebConsole.Frame;

namespace CredentialBroker.WebConsole.Leases;

/// <summary>What is outstanding, and one lease from its approval to its end.</summary>
internal static class LeasePages
{
    private const int PageSize = 100;

    public static void MapLeasePages(this IEndpointRouteBuilder routes)
    {
        routes.MapPage(Menu.Leases, ListAsync);
        routes.MapPage("/console/leases/{id}", visit => ShowAsync(visit, null));
        routes.MapAct("/console/leases/{id}/revoke", RevokeAsync);
        routes.MapAct("/console/selectors", SaveAsync);
        routes.MapAct("/console/selectors/{name}/drop", DropAsync);
    }

    /// <summary>Address of the list under a selector.</summary>
    public static string AddressOf(string? selector, bool ended = false, string? before = null) => Menu.Leases + QueryString.Create(
        new Dictionary<string, string?> { ["selector"] = selector, ["ended"] = ended ? "true" : null, ["before"] = before }.Where(pair => pair.Value is not null));

    private static Task<IResult> ListAsync(Visit visit) => ListAsync(visit, visit.Query.Text("selector"), visit.Query.Text("ended") == "true", null);

    private static async Task<IResult> ListAsync(Visit visit, string? selector, bool ended, BrokerException? refusal)
    {
        visit.Address = AddressOf(selector, ended);
        var saved = Part.Of(visit.Api.ListSelectorsAsync(visit.Cancel));
        var found = await Part.Of(visit.Api.ListLeasesAsync(selector, ended, visit.Query.Text("before"), PageSize, visit.Cancel));
        return visit.Page<LeaseListPage>("Leases", Menu.Leases, refusal ?? found.Refusal, ("Selector", selector), ("Ended", ended), ("Found", found.Value), ("Saved", (await saved).Value?.Selectors ?? []));
    }

    private static async Task<IResult> ShowAsync(Visit visit, BrokerException? refusal)
    {
        var lease = await visit.Api.GetLeaseAsync(visit.Http.Request.RouteValues["id"]!.ToString()!, visit.Cancel);
        visit.Address = $"{Menu.Leases}/{lease.Id}";
        var approval = Part.Of(visit.Api.GetApprovalAsync(lease.Approval, visit.Cancel));
        var uses = Part.Of(visit.Api.ListUsesAsync(lease.Id, visit.Cancel));
        var evidence = Part.Of(LeaseRecords.ReadAsync(visit.Api, lease.Id, visit.Cancel));
        return visit.Page<LeasePage>($"Lease {lease.Id}", Menu.Leases, refusal, ("Lease", lease), ("Approval", await approval), ("Records", await evidence), ("Uses", await uses));
    }

    private static async Task<IResult> SaveAsync(Visit visit)
    {
        var form = await visit.FormAsync();
        var (name, selector) = (form.Text("name") ?? "", form.Text("selector") ?? "");
        if (name.Length == 0) return visit.GoTo(AddressOf(selector), "A saved selector needs a name. Nothing was saved.");
        try
        {
            await visit.Api.SaveSelectorAsync(name, new SelectorRequest(selector, form.Text("note") ?? ""), visit.Cancel);
        }
        catch (BrokerException refusal) when (refusal.Status is not System.Net.HttpStatusCode.Unauthorized)
        {
            return await ListAsync(visit, selector, ended: false, refusal);
        }

        return visit.GoTo(AddressOf(selector), $"Saved as {name}.");
    }

    private static async Task<IResult> DropAsync(Visit visit)
    {
        var name = visit.Http.Request.RouteValues["name"]!.ToString()!;
        try
        {
            await visit.Api.DropSelectorAsync(name, visit.Cancel);
        }
        catch (BrokerException refusal) when (refusal.Status is not System.Net.HttpStatusCode.Unauthorized)
        {
            return await ListAsync(visit, null, ended: false, refusal);
        }

        return visit.GoTo(Menu.Leases, $"{name} is dropped.");
    }

    private static async Task<IResult> RevokeAsync(Visit visit)
    {
        var form = await visit.FormAsync();
        var id = visit.Http.Request.RouteValues["id"]!.ToString()!;
        try
        {
            await visit.Api.RevokeLeaseAsync(id, form.Text("reason"), visit.Cancel);
        }
        catch (BrokerException refusal) when (refusal.Status is not System.Net.HttpStatusCode.Unauthorized)
        {
            return await ShowAsync(visit, refusal);
        }

        return visit.GoTo($"/console/leases/{id}", "Its end has begun. It is ended once the target confirms.");
    }
}
