using CredentialBroker.Approvals;
using CredentialBroker.Attestation;
using CredentialBroker.Hosting;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Approvals;
using Microsoft.AspNetCore.Http.Features;

namespace CredentialBroker.Runtime;

/// <summary>Who may end a task: the instance itself, its approval source (by a signed document), or a responder.</summary>
internal static class TaskEndpoints
{
    public static void MapTasks(this IEndpointRouteBuilder routes) => routes.MapPost("/v1/tasks/{id}/end", EndAsync);

    private static async Task<IResult> EndAsync(HttpContext http, TaskEnds tasks, TaskReach reach, WorkloadAttestation attestation, ApprovalStore approvals)
    {
        var task = NameOf(http);
        if (task.Length > 512 || task.Any(char.IsControl)) throw new BadHttpRequestException("a task is named by at most 512 printable characters");
        var by = http.Features.Get<Operator>()?.Name;
        if (http.Features.Get<Operator>() is { Scope: var scope })
        {
            if (scope.IsNarrow && !await reach.CoversAsync(scope, task, http.RequestAborted)) return scope.Refuse("this task");
        }
        else
        {
            var attested = await attestation.AttestAsync(Evidence.Of(http, Bearer.Of(http.Request)), http.RequestAborted, now: false);
            if (attested is not Attested.As { Workload: var workload }) return Problems.Of(((Attested.Refused)attested).Code, null);
            if (!await OwnsAsync(approvals, workload, task, http.RequestAborted)) return Problems.Of(ReasonCodes.NotFound, "no such task of this workload");
            by = workload.Uri;
        }

        var ended = await tasks.EndAsync(task, by!);
        return Results.Json(new TaskEnded(task, ended), ProtocolJson.Default.TaskEnded);
    }

    /// <summary>
    /// The name as it was sent, decoded once: task names hold slashes, which the server leaves encoded in a path while it
    /// decodes all else, so that the route value cannot tell <c>a%2Fb</c> from <c>a%252Fb</c>.
    /// </summary>
    private static string NameOf(HttpContext http)
    {
        var path = http.Features.Get<IHttpRequestFeature>()!.RawTarget.Split('?')[0];
        return path.Split('/') is [_, "v1", "tasks", var name, "end"]
            ? Uri.UnescapeDataString(name)
            : throw new BadHttpRequestException("write a task's name percent-encoded, as one segment of the path");
    }

    private static async Task<bool> OwnsAsync(ApprovalStore approvals, Workload workload, string task, CancellationToken cancel) =>
        task == $"{workload.Source}/{workload.Instance}" || await approvals.HasUsedTaskAsync(workload.Uri, workload.Instance, task, cancel);
}
