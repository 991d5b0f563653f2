using System.Text.Json;
using CredentialBroker.Approvals.Prompts;
using CredentialBroker.Protocol;
using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Approvals.GitHub;

/// <summary>Reads authentic webhooks: <c>deployment_review</c>, <c>deployment_protection_rule</c> and <c>workflow_job</c>.</summary>
internal static class GitHubEvents
{
    private const int MostJobs = 16;

    /// <param name="name">As <c>X-GitHub-Event</c> says, which nobody signed: what the body must hold for that event tells.</param>
    /// <returns>What to look at; empty for what is of no consequence, such as a job that was queued.</returns>
    public static (IReadOnlyList<GitHubPrompt> Prompts, Refusal? Refusal) Read(string name, JsonElement body, GitHubOptions options)
    {
        if (name == "ping") return body.Word("zen") is null ? Malformed("a ping has a zen") : ([], null);
        if (name is not ("deployment_review" or "deployment_protection_rule" or "workflow_job")) return ([], new Refusal(ReasonCodes.EventType, "the event is none of deployment_review, deployment_protection_rule, workflow_job"));
        var (id, owner) = (body.Number("repository", "id"), body.Number("repository", "owner", "id"));
        var repository = options.Repositories.SingleOrDefault(r => r.Value.Id == id && r.Value.OwnerId == owner).Key;
        if (repository is null) return ([], new Refusal(ReasonCodes.SourceNotEntitled, "the repository is none of this source's"));
        return (name, body.Word("action")) switch
        {
            ("deployment_review", "requested") => ([], null),
            ("deployment_review", "approved" or "rejected") => Reviewed(body, repository, options),
            ("deployment_protection_rule", "requested") => Entry(body, repository, options),
            ("workflow_job", "queued" or "waiting" or "in_progress") => ([], null),
            ("workflow_job", "completed") => Over(body, repository),
            _ => ([], new Refusal(ReasonCodes.EventType, "the event's action is none that is known")),
        };
    }

    private static (IReadOnlyList<GitHubPrompt>, Refusal?) Reviewed(JsonElement body, string repository, GitHubOptions options)
    {
        var (run, attempt, approver) = (body.Number("workflow_run", "id"), body.Number("workflow_run", "run_attempt"), body.Number("approver", "id"));
        if (run is null || attempt is null || approver is null) return Malformed("workflow_run.id, workflow_run.run_attempt and approver.id are required");
        if (body.Number("workflow_run", "repository", "id") is { } of && of != options.Repositories[repository].Id) return Malformed("workflow_run is of another repository");
        var prompts = new List<GitHubPrompt>();
        foreach (var job in body.At("workflow_job_runs").Items())
        {
            if (job.Word("environment") is not { } environment || job.Number("id") is not { } id) return Malformed("workflow_job_runs has one without environment or id");
            if (!options.Environments.ContainsKey(environment)) return Elsewhere();
            prompts.Add(new GitHubPrompt(Ask.Review, repository, run.Value, attempt, environment, id, approver));
        }

        return prompts.Count is 0 or > MostJobs ? Malformed($"workflow_job_runs has none or more than {MostJobs}") : (prompts, null);
    }

    private static (IReadOnlyList<GitHubPrompt>, Refusal?) Entry(JsonElement body, string repository, GitHubOptions options)
    {
        if (body.Word("environment") is not { } environment || body.Word("deployment_callback_url").IdAfter("/actions/runs/") is not { } run)
        {
            return Malformed("environment and deployment_callback_url are required");
        }

        return options.Environments.ContainsKey(environment) ? ([new GitHubPrompt(Ask.Entry, repository, run, Environment: environment)], null) : Elsewhere();
    }

    private static (IReadOnlyList<GitHubPrompt>, Refusal?) Over(JsonElement body, string repository)
    {
        var (run, attempt, job) = (body.Number("workflow_job", "run_id"), body.Number("workflow_job", "run_attempt"), body.Number("workflow_job", "id"));
        return run is null || attempt is null || job is null
            ? Malformed("workflow_job.id, run_id and run_attempt are required")
            : ([new GitHubPrompt(Ask.JobOver, repository, run.Value, attempt, Job: job)], null);
    }

    private static (IReadOnlyList<GitHubPrompt>, Refusal?) Elsewhere() => ([], new Refusal(ReasonCodes.SourceNotEntitled, "the environment is none of this source's"));

    private static (IReadOnlyList<GitHubPrompt>, Refusal?) Malformed(string detail) => ([], new Refusal(ReasonCodes.ApprovalMalformed, detail));
}
