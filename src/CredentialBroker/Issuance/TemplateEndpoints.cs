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
        routes.MapPut("/v1/templates", ActivateAsync);
    }

    private static async Task<IResult> ValidateAsync(HttpContext http, TemplateCompiler compiler, string? file)
    {
        var (template, mistakes) = await CompileAsync(http, compiler, file);
        if (template is not null && !Covers(http, template)) return http.Operator().Scope.Refuse("this template");
        return Results.Json(new TemplateVerdict([.. mistakes.All.Select(m => m.ToString())], template?.Name, template?.Revision), ProtocolJson.Default.TemplateVerdict);
    }

    private static async Task<IResult> ActivateAsync(HttpContext http, TemplateCompiler compiler, TemplateStore templates, Rulebook rulebook, string? file)
    {
        var (template, mistakes) = await CompileAsync(http, compiler, file);
        if (template is null) return Problems.Of(ReasonCodes.Invalid, "the template has mistakes; nothing was activated", mistakes: [.. mistakes.All.Select(m => m.ToString())]);
        if (!Covers(http, template)) return http.Operator().Scope.Refuse("this template");
        // Of the same name there may be one elsewhere, which this would replace.
        if ((await templates.ListAsync(http.RequestAborted)).Any(view => view.Name == template.Name && !Covers(http, view))) return http.Operator().Scope.Refuse("the template that this replaces");
        var view = await templates.ActivateAsync(template, http.Operator().Name, new EpochBump());
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
