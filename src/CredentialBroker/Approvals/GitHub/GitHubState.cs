using System.Net.Http.Headers;
using System.Text.Json;
using CredentialBroker.Approvals.Intake;
using CredentialBroker.Approvals.Prompts;
using CredentialBroker.Protocol;

namespace CredentialBroker.Approvals.GitHub;

/// <summary>
/// Reads the state behind a prompt: the run, its reviews, what still waits, the job. Everything is bound by ids, and what
/// is missing in an answer is equal to nothing.
/// </summary>
internal sealed class GitHubState(ApprovalSource source, StateApi api) : ISourceState
{
    /// <summary>GitHub's REST API, version 2022-11-28.</summary>
    public static readonly ApiManners Manners = new((headers, token) =>
    {
        headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        headers.Accept.ParseAdd("application/vnd.github+json");
        headers.Add("X-GitHub-Api-Version", "2022-11-28");
    }, "x-ratelimit-remaining", "x-ratelimit-reset");

    public async Task<Looked> LookAsync(string prompt, CancellationToken cancel)
    {
        if (Prompt.Parse(prompt, GitHubPromptJson.Default.GitHubPrompt) is not { } asked
            || !source.Options.GitHub!.Repositories.TryGetValue(asked.Repository, out var repository)
            || (asked.Environment is { } named && !source.Options.GitHub.Environments.ContainsKey(named)))
        {
            return Looked.Refused(ReasonCodes.SourceNotEntitled, "the repository or environment is no longer this source's");
        }

        return asked.Ask == Ask.JobOver
            ? await JobAsync(asked, cancel)
            : await ReviewAsync(new Reviewed(source, asked, repository), cancel);
    }

    private async Task<Looked> JobAsync(GitHubPrompt prompt, CancellationToken cancel)
    {
        var answer = await api.GetAsync($"repos/{prompt.Repository}/actions/jobs/{prompt.Job}", cancel);
        if (answer.Json is not { } job) return new Looked.Unknown(answer.Fault!, answer.Wait);
        if (!Reviewed.IsJob(prompt, job)) return Reviewed.Mismatch("the job is of another run or attempt");
        return job.Word("status") == "completed"
            ? new Looked.Says(new ApprovalDocument.TaskFinished(prompt.TaskIn(source.Options.GitHub!)))
            : new Looked.Unknown("the job is not over at the API");
    }

    private async Task<Looked> ReviewAsync(Reviewed reviewed, CancellationToken cancel)
    {
        var (prompt, run) = (reviewed.Prompt, $"repos/{reviewed.Prompt.Repository}/actions/runs/{reviewed.Prompt.Run}");
        var answers = new List<JsonElement>();
        string[] paths = prompt.Job is { } job ? [run, $"{run}/approvals", $"{run}/pending_deployments", $"repos/{prompt.Repository}/actions/jobs/{job}"] : [run, $"{run}/approvals"];
        foreach (var path in paths)
        {
            var answer = await api.GetAsync(path, cancel);
            if (answer.Json is not { } json) return new Looked.Unknown(answer.Fault!, answer.Wait);
            answers.Add(json);
            // What the run alone refuses needs no further request.
            if (answers.Count == 1 && reviewed.RunFault(json) is { } fault) return fault;
        }

        return prompt.Ask == Ask.Entry ? reviewed.Entry(answers[0], answers[1]) : reviewed.Judge(answers[0], answers[1], answers[2], answers[3]);
    }
}
