using System.Text;
using CredentialBroker.Backends;
using CredentialBroker.Controls;
using CredentialBroker.Hosting;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Templates;
using CredentialBroker.Templates;

namespace CredentialBroker.Issuance;

/// <summary>The platform team's door: validate, activate, list.</summary>
internal static class TemplateEndpoints
{
    private const int BodyLimit = 64 * 1024;

    public static void MapTemplates(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1/templates", async (TemplateStore templates, HttpContext http) =>
            Results.Json(new TemplateList([.. (await templates.ListAsync(http.RequestAborted)).Where(view => Covers(http, view))]), ProtocolJson.Default.TemplateList));
        routes.MapPost("/v1/templates/validate", ValidateAsync);
        routes.MapPut("/v1/templates", ApplyAsync);
        routes.MapGet("/v1/templates/candidates", async (TemplateCandidates candidates, HttpContext http) =>
            Results.Json(new TemplateList(await candidates.ListAsync(http.RequestAborted)), ProtocolJson.Default.TemplateList));
        routes.MapPost("/v1/templates/{name}/revisions/{revision}/activate", ActivateAsync);
    }

    private static async Task<IResult> ValidateAsync(HttpContext http, TemplateCompiler compiler, string? file)
    {
        var (template, mistakes) = await CompileAsync(http, compiler, file);
        if (template is not null && !Covers(http, template)) return http.Operator().Scope.Refuse("this template");
        return Results.Json(new TemplateVerdict([.. mistakes.All.Select(m => m.ToString())], template?.Name, template?.Revision), ProtocolJson.Default.TemplateVerdict);
    }

    private static async Task<IResult> ApplyAsync(
        HttpContext http, TemplateCompiler compiler, TemplateStore templates, TemplateCandidates candidates, ActivationRules rules, TemplateSignatures signatures, Rulebook rulebook, string? file)
    {
        var (template, mistakes) = await CompileAsync(http, compiler, file);
        if (template is null) return Problems.Of(ReasonCodes.Invalid, "the template has mistakes; nothing was activated", mistakes: [.. mistakes.All.Select(m => m.ToString())]);
        if (!Covers(http, template)) return http.Operator().Scope.Refuse("this template");
        // Of the same name there may be one elsewhere, which this would replace.
        if ((await templates.ListAsync(http.RequestAborted)).Any(view => view.Name == template.Name && !Covers(http, view))) return http.Operator().Scope.Refuse("the template that this replaces");
        var signature = http.Request.Headers[TemplateView.SignatureHeader] is [{ Length: > 0 } sent] ? sent : null;
        if (!await signatures.AllowsAsync(template.Name, template.Revision, signature))
        {
            return Problems.Of(ReasonCodes.TemplateUnsigned, "the text is not signed by one of the authors in Templates:SignersFile; credbroker template sign");
        }

        var kept = TemplateSignatures.Keep(template.Revision, signatures.Required ? signature : null);
        var by = http.Operator().Name;
        if (rules.SecondPerson) return Results.Json(await candidates.ProposeAsync(template, by, [.. SecondPerson.Remember(http.Operator()), .. kept]), ProtocolJson.Default.TemplateView, statusCode: 202);
        var (view, _) = await templates.ActivateAsync(template, by, by, [new EpochBump(), .. kept]);
        await rulebook.RefreshAsync(http.RequestAborted);
        return Results.Json(view, ProtocolJson.Default.TemplateView);
    }

    /// <summary>Another person than its author makes a candidate the truth (R40). It is compiled afresh: targets may have changed since.</summary>
    private static async Task<IResult> ActivateAsync(
        string name, string revision, HttpContext http, TemplateCompiler compiler, TemplateStore templates, TemplateCandidates candidates, Rulebook rulebook, SecondPerson persons)
    {
        if (await candidates.FindAsync(name, revision, http.RequestAborted) is not { } candidate) return Problems.Of(ReasonCodes.NotFound, "no such candidate; see credbroker template candidates");
        if (await persons.RefuseAsync(candidate.Author, http.Operator(), http.RequestAborted) is { } self) return Problems.Of(self.Code, self.Detail);
        var mistakes = new Mistakes(candidate.Name);
        var template = compiler.Compile(candidate.Source, mistakes);
        if (template is null || template.Revision != revision || template.Name != name)
        {
            return Problems.Of(ReasonCodes.Invalid, "the candidate is not what its revision names, or does not compile any more", mistakes: [.. mistakes.All.Select(m => m.ToString())]);
        }

        if (!Covers(http, template)) return http.Operator().Scope.Refuse("this template");
        if ((await templates.ListAsync(http.RequestAborted)).Any(view => view.Name == template.Name && !Covers(http, view))) return http.Operator().Scope.Refuse("the template that this replaces");

        var (view, refusal) = await templates.ActivateAsync(template, http.Operator().Name, candidate.Author, [new EpochBump(), .. TemplateCandidates.Take(candidate)]);
        if (refusal is not null) return Problems.Of(refusal.Code, refusal.Detail);
        await rulebook.RefreshAsync(http.RequestAborted);
        return Results.Json(view, ProtocolJson.Default.TemplateView);
    }

    private static bool Covers(HttpContext http, CompiledTemplate template) => Covers(http, template.Name, template.Environment, template.BackendName, template.Target);

    /// <summary>One that does not compile any more says nothing of itself but its name.</summary>
    private static bool Covers(HttpContext http, TemplateView view) => Covers(http, view.Name, view.Environment, view.Backend, view.Target);

    private static bool Covers(HttpContext http, string name, string environment, string backend, string target) => http.Operator().Scope.CoversKnown(dimension => dimension switch
    {
        "template" => name,
        "environment" when environment.Length > 0 => environment,
        "backend" when backend.Length > 0 => backend,
        "target" when target.Length > 0 => target,
        _ => null,
    });

    private static async Task<(CompiledTemplate? Template, Mistakes Mistakes)> CompileAsync(HttpContext http, TemplateCompiler compiler, string? file)
    {
        Bodies.Require(http.Request, "application/yaml", "application/json");
        var body = await Bodies.ReadAsync(http.Request, BodyLimit, http.RequestAborted);
        var mistakes = new Mistakes(file is { Length: > 0 and <= 255 } && !file.Any(char.IsControl) ? file : "template");
        try
        {
            return (compiler.Compile(new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(body), mistakes), mistakes);
        }
        catch (DecoderFallbackException)
        {
            throw new BadHttpRequestException("the body is not UTF-8");
        }
    }
}
