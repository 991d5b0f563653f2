using CredentialBroker.Controls;
using CredentialBroker.Hosting;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Incidents;

namespace CredentialBroker.Incidents;

/// <summary>Selectors that people keep for the day they need them.</summary>
internal static class SelectorEndpoints
{
    private const int LongestName = 64;
    private const int LongestNote = 512;

    public static void MapSelectors(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1/selectors", async (SavedSelectors saved, HttpContext http) =>
            Results.Json(new SelectorList([.. (await saved.ListAsync(http.RequestAborted)).Where(one => Sees(http, one))]), ProtocolJson.Default.SelectorList));
        routes.MapGet("/v1/selectors/{name}", async (string name, SavedSelectors saved, HttpContext http) =>
            await saved.FindAsync(name, http.RequestAborted) is { } one && Sees(http, one) ? Results.Json(one, ProtocolJson.Default.SavedSelector) : NotFound());
        routes.MapPut("/v1/selectors/{name}", SaveAsync);
        routes.MapDelete("/v1/selectors/{name}", async (string name, SavedSelectors saved, HttpContext http) =>
        {
            if (await saved.FindAsync(name, http.RequestAborted) is not { } one || !Sees(http, one)) return NotFound();
            if (Keeps(http, one) is { } outside) return outside;
            await saved.DropAsync(name, http.Operator().Name);
            return Results.NoContent();
        });
    }

    private static async Task<IResult> SaveAsync(string name, SavedSelectors saved, HttpContext http)
    {
        if (name.Length > LongestName || !name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-')) return Problems.Of(ReasonCodes.Invalid, "a name has 1 to 64 lower-case letters, digits and dashes");
        Bodies.Require(http.Request, "application/json");
        var request = Bodies.Parse(await Bodies.ReadAsync(http.Request, 16 * 1024, http.RequestAborted), ProtocolJson.Default.SelectorRequest);
        if (!ControlStore.TryRead(request.Selector, out var selector, out var error)) return Problems.Of(ReasonCodes.Invalid, $"selector, position {error!.Position}: {error.Message}");
        if (request.Note.Length > LongestNote) return Problems.Of(ReasonCodes.Invalid, $"a note has at most {LongestNote} characters");
        if (http.Operator().Scope.IsNarrow && !http.Operator().Scope.Touches(selector!)) return http.Operator().Scope.Refuse("all of that");
        if (await saved.FindAsync(name, http.RequestAborted) is { } former && Keeps(http, former) is { } outside) return outside;
        await saved.SaveAsync(name, request, http.Operator().Name);
        return Results.Json((await saved.FindAsync(name, http.RequestAborted))!, ProtocolJson.Default.SavedSelector);
    }

    private static bool Sees(HttpContext http, SavedSelector one) => ControlStore.TryRead(one.Selector, out var selector, out _) && http.Operator().Scope.Touches(selector!);

    /// <summary>Others' words are changed by those who reach all that they select.</summary>
    private static IResult? Keeps(HttpContext http, SavedSelector one) =>
        one.Owner == http.Operator().Name || (ControlStore.TryRead(one.Selector, out var selector, out _) && http.Operator().Scope.Holds(selector!)) ? null : http.Operator().Scope.Refuse("this selector");

    private static IResult NotFound() => Problems.Of(ReasonCodes.NotFound, "no such selector");
}
