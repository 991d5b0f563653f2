using System.Text;
using CredentialBroker.Hosting;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Reviews;

namespace CredentialBroker.Reviews.Identity;

/// <summary>Where documents of a cluster are handed in for review, and reviews are read and decided on.</summary>
internal static class IdentityEndpoints
{
    public static void MapIdentityReviews(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/v1/reviews/identity", ReviewAsync);
        routes.MapGet("/v1/reviews/identity", async (IdentityReviews reviews, HttpContext http, string? workload) => Results.Json(
            new IdentityReviewList([.. (workload is null ? await reviews.AllCurrentAsync(http.RequestAborted) : await reviews.OfWorkloadAsync(workload, http.RequestAborted)).Select(one => one.View)]),
            ProtocolJson.Default.IdentityReviewList));
        routes.MapGet("/v1/reviews/identity/{id}", async (string id, IdentityReviews reviews, HttpContext http) =>
            Ids.IsWellFormed(id) && await reviews.FindAsync(id, http.RequestAborted) is { } found ? Results.Json(found.View, ProtocolJson.Default.IdentityReviewView) : Unknown());
        routes.MapPost("/v1/reviews/identity/{id}/decision", DecideAsync);
    }

    private static async Task<IResult> ReviewAsync(HttpContext http, IdentityDesk desk, string? cluster, bool? dryRun)
    {
        Bodies.Require(http.Request, "application/yaml", "application/json");
        if (cluster is null || !Approvals.Text.IsName(cluster)) return Problems.Of(ReasonCodes.Invalid, "cluster: name the cluster that the documents are of, as its trust source does");
        var body = await Bodies.ReadAsync(http.Request, ManifestReader.MaxBytes, http.RequestAborted);
        if (Decode(body) is not { } text) return Problems.Of(ReasonCodes.RequestMalformed, "the documents are not UTF-8");
        if (ManifestReader.Read(text, out var fault) is not { } documents) return Problems.Of(ReasonCodes.RequestMalformed, fault);
        var seen = await desk.LookAsync(documents, cluster, http.RequestAborted);
        if (seen.Count == 0) return Problems.Of(ReasonCodes.Invalid, "nothing in the documents runs: hand in a Pod, or what makes pods, with what they need");
        var views = new List<IdentityReviewView>();
        foreach (var review in seen) views.Add(dryRun == true ? IdentityDesk.View(review) : (await desk.KeepAsync(review, http.Operator().Name, http.RequestAborted)).View);
        return Results.Json(new IdentityReviewList(views), ProtocolJson.Default.IdentityReviewList);
    }

    private static async Task<IResult> DecideAsync(string id, HttpContext http, IdentityReviews reviews, IdentityDesk desk)
    {
        Bodies.Require(http.Request, "application/json");
        var decision = Bodies.Parse(await Bodies.ReadAsync(http.Request, 16 * 1024, http.RequestAborted), ProtocolJson.Default.IdentityDecision);
        if (decision.Note.Length is 0 or > 512 || !Approvals.Text.IsPlain(decision.Note)) return Problems.Of(ReasonCodes.Invalid, "note: say what was found in 1 to 512 characters");
        if (!Ids.IsWellFormed(id) || await reviews.FindAsync(id, http.RequestAborted) is not { } review) return Unknown();
        var (decided, refusal) = await desk.DecideAsync(review, decision, http.Operator().Name, http.RequestAborted);
        return decided is null ? Problems.Of(refusal!.Code, refusal.Detail) : Results.Json(decided.View, ProtocolJson.Default.IdentityReviewView);
    }

    private static string? Decode(byte[] body)
    {
        try
        {
            return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(body);
        }
        catch (DecoderFallbackException)
        {
            // Told by the caller.
            return null;
        }
    }

    private static IResult Unknown() => Problems.Of(ReasonCodes.NotFound, "no such review");
}
