using CredentialBroker.Approvals.Intake;
using CredentialBroker.Hosting;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Approvals;
using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Approvals;

/// <summary>Where approval sources send, and where operators look.</summary>
internal static class ApprovalEndpoints
{
    /// <param name="alongside">Ends of leases that commit with a withdrawal; this room knows no leases.</param>
    /// <param name="arrived">Told once it is committed.</param>
    public static void MapApprovals(this IEndpointRouteBuilder routes, Func<ApprovalArrived, IReadOnlyList<Work>> alongside, Action arrived)
    {
        routes.MapPost("/v1/approvals/{source}", async (string source, HttpContext http, ApprovalIntake intake) =>
        {
            var body = await Bodies.ReadAsync(http.Request, intake.BodyBytes(source) + 1, http.RequestAborted);
            var delivery = new Delivery(http.Request.ContentType, http.Request.Headers, body, http.Connection.ClientCertificate);
            var answer = await intake.AcceptAsync(source, delivery, alongside, http.RequestAborted);
            if (answer is ApprovalAnswer.Refused refused) return Problems.Of(refused.Code, refused.Detail);
            arrived();
            var accepted = (ApprovalAnswer.Accepted)answer;
            return Results.Json(new ApprovalAccepted(accepted.Effect, accepted.ApprovalId), ProtocolJson.Default.ApprovalAccepted, statusCode: 202);
        });
        routes.MapGet("/v1/approvals", async (HttpContext http, ApprovalStore approvals, int? count) =>
            Results.Json(new ApprovalList([.. (await ApprovalReach.ListAsync(approvals, http.Operator().Scope, count ?? 100, http.RequestAborted)).Select(View)]), ProtocolJson.Default.ApprovalList));
        routes.MapGet("/v1/approvals/{id}", async (string id, HttpContext http, ApprovalStore approvals) =>
            await approvals.GetAsync(id, http.RequestAborted) is { } found && ApprovalReach.Covers(http.Operator().Scope, found)
                ? Results.Json(View(found), ProtocolJson.Default.ApprovalView)
                : Problems.Of(ReasonCodes.NotFound, "no such approval"));
    }

    private static ApprovalView View(Approval approval) => new()
    {
        Id = approval.Id,
        Source = approval.Source,
        Reference = approval.Reference,
        State = approval.State.ToString().ToLowerInvariant(),
        Environment = approval.Environment,
        Templates = approval.Templates,
        Workload = approval.WorkloadUri,
        Instance = approval.Instance,
        Task = approval.Task,
        Tier = approval.Tier,
        Requester = approval.Requester,
        Approvers = approval.Approvers,
        ReceivedAt = DateTimeOffset.FromUnixTimeMilliseconds(approval.ReceivedAt),
        ClaimBy = DateTimeOffset.FromUnixTimeMilliseconds(approval.ClaimBy),
        ValidUntil = DateTimeOffset.FromUnixTimeMilliseconds(approval.ValidUntil),
        MaxUses = approval.MaxUses,
        Uses = approval.Uses,
    };
}
