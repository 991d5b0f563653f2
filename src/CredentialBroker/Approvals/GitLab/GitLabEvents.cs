using System.Text.Json;
using CredentialBroker.Approvals.Prompts;
using CredentialBroker.Protocol;
using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Approvals.GitLab;

/// <summary>Reads authentic webhooks: <c>Deployment Hook</c> and <c>Job Hook</c>.</summary>
internal static class GitLabEvents
{
    /// <param name="name">As <c>X-Gitlab-Event</c> says; the body must say the same.</param>
    /// <returns>What to look at; empty for what is of no consequence, such as a job that was queued.</returns>
    public static (IReadOnlyList<GitLabPrompt> Prompts, Refusal? Refusal) Read(string name, JsonElement body, GitLabOptions options) => (name, body.Word("object_kind")) switch
    {
        ("Deployment Hook", "deployment") => Deployment(body, options),
        ("Job Hook", "build") => Job(body, options),
        _ => Unknown("the event is neither a Deployment Hook with a deployment nor a Job Hook with a build"),
    };

    private static (IReadOnlyList<GitLabPrompt>, Refusal?) Deployment(JsonElement body, GitLabOptions options)
    {
        if (body.Number("project", "id") is not { } project || options.PathOf(project) is null) return Elsewhere();
        if (body.Word("status") is not { } status || body.Number("deployment_id") is not { } id || body.Word("environment") is not { } environment)
        {
            return Malformed("status, deployment_id and environment are required");
        }

        // GitLab shuts off a webhook that is refused a few times, and a project deploys to many environments.
        if (!options.Environments.ContainsKey(environment)) return ([], null);
        // A deployment that no job makes is somebody's note in GitLab, and nothing of it can be claimed.
        if (body.At("deployable_id") is null or { ValueKind: JsonValueKind.Null }) return ([], null);
        if (body.Number("deployable_id") is not { } job) return Malformed("deployable_id is no job's");
        GitLabPrompt Look(Ask ask) => new(ask, project, job, id, environment);
        return status switch
        {
            "created" or "blocked" => ([], null),
            "running" => ([Look(Ask.Deployment)], null),
            "success" => ([Over(project, job)], null),
            "failed" or "canceled" => ([Look(Ask.Rejection), Over(project, job)], null),
            _ => Unknown("the deployment's status is none that is known"),
        };
    }

    private static (IReadOnlyList<GitLabPrompt>, Refusal?) Job(JsonElement body, GitLabOptions options)
    {
        if (body.Number("project_id") is not { } project || options.PathOf(project) is null) return Elsewhere();
        if (body.Word("build_status") is not { } status || body.Number("build_id") is not { } job) return Malformed("build_status and build_id are required");
        if (JobStatus.IsOver(status)) return ([Over(project, job)], null);
        return JobStatus.IsKnown(status) ? ([], null) : Unknown("the job's status is none that is known");
    }

    private static GitLabPrompt Over(long project, long job) => new(Ask.JobOver, project, job);

    private static (IReadOnlyList<GitLabPrompt>, Refusal?) Elsewhere() => ([], new Refusal(ReasonCodes.SourceNotEntitled, "the project is none of this source's"));

    private static (IReadOnlyList<GitLabPrompt>, Refusal?) Unknown(string detail) => ([], new Refusal(ReasonCodes.EventType, detail));

    private static (IReadOnlyList<GitLabPrompt>, Refusal?) Malformed(string detail) => ([], new Refusal(ReasonCodes.ApprovalMalformed, detail));
}
