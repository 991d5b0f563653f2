using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Templates;
using CredentialBroker.WebConsole.Frame;

namespace CredentialBroker.WebConsole.Templates;

/// <summary>What may be asked for, and what policy would say to somebody who asked.</summary>
internal static class TemplatePages
{
    public static void MapTemplatePages(this IEndpointRouteBuilder routes)
    {
        routes.MapPage(Menu.Templates, async visit =>
        {
            var active = await visit.Api.ListTemplatesAsync(visit.Cancel);
            var candidates = await Part.Of(visit.Api.ListCandidatesAsync(visit.Cancel));
            return visit.Page<TemplateListPage>("Templates", Menu.Templates, null, ("Active", active.Templates), ("Candidates", candidates.Value?.Templates ?? []));
        });
        routes.MapPage(Menu.Templates + "/{name}", visit => ShowAsync(visit, null, new ExplainRequest(NameOf(visit)), null));
        routes.MapAct(Menu.Templates + "/{name}/explain", ExplainAsync);
        routes.MapAct(Menu.Templates + "/{name}/activate", async visit =>
        {
            try
            {
                var now = await visit.Api.ActivateTemplateAsync(NameOf(visit), (await visit.FormAsync()).Text("revision") ?? "", visit.Cancel);
                return visit.GoTo($"{Menu.Templates}/{Uri.EscapeDataString(now.Name)}", $"{now.Name} is active as {now.Revision[..12]}.");
            }
            catch (BrokerException refusal) when (refusal.Status is not System.Net.HttpStatusCode.Unauthorized)
            {
                return await ShowAsync(visit, refusal, new ExplainRequest(NameOf(visit)), null);
            }
        });
    }

    private static string NameOf(Visit visit) => visit.Http.Request.RouteValues["name"]!.ToString()!;

    private static async Task<IResult> ExplainAsync(Visit visit)
    {
        var form = await visit.FormAsync();
        var scopes = form.Text("scopes")?.Split([',', ' '], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var asked = new ExplainRequest(NameOf(visit), form.Text("evidence"), form.Text("workload"), form.Text("instance"), form.Text("ttl"), scopes is null ? null : new Intent(scopes), form.Text("nonce"));
        try
        {
            return await ShowAsync(visit, null, asked, await visit.Api.ExplainAsync(asked, visit.Cancel));
        }
        catch (BrokerException refusal) when (refusal.Status is not System.Net.HttpStatusCode.Unauthorized)
        {
            return await ShowAsync(visit, refusal, asked, null);
        }
    }

    private static async Task<IResult> ShowAsync(Visit visit, BrokerException? refusal, ExplainRequest asked, Explanation? said)
    {
        var name = NameOf(visit);
        visit.Address = $"{Menu.Templates}/{Uri.EscapeDataString(name)}";
        var active = (await visit.Api.ListTemplatesAsync(visit.Cancel)).Templates.FirstOrDefault(template => template.Name == name);
        var candidates = (await Part.Of(visit.Api.ListCandidatesAsync(visit.Cancel))).Value?.Templates.Where(template => template.Name == name).ToList() ?? [];
        return active is null && candidates.Count == 0
            ? Pages.Trouble(visit.Http, visit.Session, 404, "No such template", $"There is no template named {name} that you may see.")
            : visit.Page<TemplatePage>($"Template {name}", Menu.Templates, refusal, ("Name", name), ("Active", active), ("Candidates", candidates), ("Asked", asked), ("Said", said));
    }
}
