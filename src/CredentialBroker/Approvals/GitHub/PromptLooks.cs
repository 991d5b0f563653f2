using System.Globalization;
using System.Text.Json;
using CredentialBroker.Approvals.Intake;
using CredentialBroker.Protocol;
using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Approvals.GitHub;

/// <summary>What GitHub's own state says about a prompt.</summary>
internal abstract record Looked
{
    private Looked() { }

    internal sealed record Says(ApprovalDocument Document) : Looked;

    internal sealed record Refuses(Refusal Refusal) : Looked;

    /// <summary>Nothing was decided, and nobody claimed that anything was.</summary>
    internal sealed record Nothing : Looked;

    /// <summary>It could not be read, or is not there yet: look again.</summary>
    internal sealed record Unknown(string Fault, TimeSpan? Wait = null) : Looked;
}

/// <summary>
/// Reads the state behind a prompt: the run, its reviews, what still waits, the job. Everything is bound by ids, and what
/// is missing in an answer is equal to nothing.
/// </summary>
internal static class PromptLooks
{
    /// <summary>The task of one job: its leases end with it.</summary>
    public static string TaskOf(ApprovalSource source, Prompt prompt) =>
        string.Create(CultureInfo.InvariantCulture, $"github/{source.Options.GitHub!.Repositories[prompt.Repository].Id}/{prompt.Run}/{prompt.Attempt}/{prompt.Job}");

    public static async Task<Looked> LookAsync(ApprovalSource source, Prompt prompt, GitHubApi api, CancellationToken cancel)
    {
        if (!source.Options.GitHub!.Repositories.TryGetValue(prompt.Repository, out var repository)
            || (prompt.Environment is { } named && !source.Options.GitHub.Environments.ContainsKey(named)))
        {
            return new Looked.Refuses(new Refusal(ReasonCodes.SourceNotEntitled, "the repository or environment is no longer this source's"));
        }

        return prompt.Ask == Ask.JobOver
            ? await JobAsync(source, prompt, api, cancel)
            : await ReviewAsync(new Reviewed(source, prompt, repository), api, cancel);
    }

    private static async Task<Looked> JobAsync(ApprovalSource source, Prompt prompt, GitHubApi api, CancellationToken cancel)
    {
        var answer = await api.GetAsync(prompt.Repository, $"actions/jobs/{prompt.Job}", cancel);
        if (answer.Json is not { } job) return new Looked.Unknown(answer.Fault!, answer.Wait);
        if (!Reviewed.IsJob(prompt, job)) return Reviewed.Mismatch("the job is of another run or attempt");
        return job.Word("status") == "completed"
            ? new Looked.Says(new ApprovalDocument.TaskFinished(TaskOf(source, prompt)))
            : new Looked.Unknown("the job is not over at the API");
    }

    private static async Task<Looked> ReviewAsync(Reviewed reviewed, GitHubApi api, CancellationToken cancel)
    {
        var (prompt, run) = (reviewed.Prompt, $"actions/runs/{reviewed.Prompt.Run}");
        var answers = new List<JsonElement>();
        string[] paths = prompt.Job is { } job ? [run, $"{run}/approvals", $"{run}/pending_deployments", $"actions/jobs/{job}"] : [run, $"{run}/approvals"];
        foreach (var path in paths)
        {
            var answer = await api.GetAsync(prompt.Repository, path, cancel);
            if (answer.Json is not { } json) return new Looked.Unknown(answer.Fault!, answer.Wait);
            answers.Add(json);
            // What the run alone refuses needs no further request.
            if (answers.Count == 1 && reviewed.RunFault(json) is { } fault) return fault;
        }

        return prompt.Ask == Ask.Entry ? reviewed.Entry(answers[0], answers[1]) : reviewed.Judge(answers[0], answers[1], answers[2], answers[3]);
    }
}
