using CredentialBroker.Controls;
using CredentialBroker.Hosting;
using CredentialBroker.Protocol;
using CredentialBroker.Storage;

namespace CredentialBroker.Reviews;

/// <summary>What could be reached from what a selector covers; JSON, or Markdown for whoever asks for it.</summary>
internal static class BlastRadiusEndpoints
{
    private static readonly TimeSpan Longest = TimeSpan.FromDays(30);

    public static void MapBlastRadius(this IEndpointRouteBuilder routes) => routes.MapGet("/v1/reviews/blast-radius", async (HttpContext http, BlastRadii radii, TimeProvider clock, string? selector, string? since) =>
    {
        if (selector is null || !ControlStore.TryRead(selector, out var asked, out var error)) return Problems.Of(ReasonCodes.Invalid, "selector: say what was taken over, such as pod=checkout-7d9f or node=node-1");
        if (!Durations.TryParse(since ?? "24h", out var length) || length <= TimeSpan.Zero || length > Longest) return Problems.Of(ReasonCodes.Invalid, "since: a duration of up to 720h, such as 24h");
        var scope = http.Operator().Scope;
        if (scope.Narrow(asked!, out var outside) is not { } within) return outside!;
        var radius = await radii.OfAsync(scope.IsNarrow ? within.ToString() : selector, within, clock.NowMs() - (long)length.TotalMilliseconds, http.RequestAborted);
        return http.Request.Headers.Accept.ToString().Contains("text/markdown", StringComparison.OrdinalIgnoreCase)
            ? Results.Text(BlastMarkdown.Write(radius), "text/markdown; charset=utf-8")
            : Results.Json(radius, ProtocolJson.Default.BlastRadius);
    });
}
