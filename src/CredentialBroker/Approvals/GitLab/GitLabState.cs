using System.Globalization;
using CredentialBroker.Approvals.Intake;
using CredentialBroker.Approvals.Prompts;
using CredentialBroker.Protocol;

namespace CredentialBroker.Approvals.GitLab;

/// <summary>Reads the state behind a prompt: the deployment with its approvals, then its job.</summary>
internal sealed class GitLabState(ApprovalSource source, StateApi api) : ISourceState
{
    /// <summary>GitLab's REST API, version 4.</summary>
    public static readonly ApiManners Manners = new((headers, token) =>
    {
        headers.Add("PRIVATE-TOKEN", token);
        headers.Accept.ParseAdd("application/json");
    }, "RateLimit-Remaining", "RateLimit-Reset");

    private GitLabOptions Options => source.Options.GitLab!;

    public async Task<Looked> LookAsync(string prompt, CancellationToken cancel)
    {
        if (Prompt.Parse(prompt, GitLabPromptJson.Default.GitLabPrompt) is not { } asked || Options.PathOf(asked.Project) is null
            || (asked.Environment is { } named && !Options.Environments.ContainsKey(named)))
        {
            return Looked.Refused(ReasonCodes.SourceNotEntitled, "the project or environment is no longer this source's");
        }

        return asked.Ask == Ask.JobOver ? await JobAsync(asked, cancel) : await DeploymentAsync(new Deployed(source, asked), cancel);
    }

    private async Task<Looked> JobAsync(GitLabPrompt prompt, CancellationToken cancel)
    {
        var answer = await GetAsync(prompt, "jobs", prompt.Job, cancel);
        if (answer.Json is not { } job) return new Looked.Unknown(answer.Fault!, answer.Wait);
        if (!Deployed.IsJob(prompt, job)) return Deployed.Mismatch("the job is of another project");
        return JobStatus.IsOver(job.Word("status"))
            ? new Looked.Says(new ApprovalDocument.TaskFinished(prompt.TaskIn(Options)))
            : new Looked.Unknown("the job is not over at the API");
    }

    private async Task<Looked> DeploymentAsync(Deployed deployed, CancellationToken cancel)
    {
        var prompt = deployed.Prompt;
        var answer = await GetAsync(prompt, "deployments", prompt.Deployment!.Value, cancel);
        if (answer.Json is not { } deployment) return new Looked.Unknown(answer.Fault!, answer.Wait);
        // What the deployment alone settles needs no further request.
        if (deployed.Stops(deployment) is { } settled) return settled;
        if (prompt.Ask == Ask.Rejection) return new Looked.Nothing();
        var second = await GetAsync(prompt, "jobs", prompt.Job, cancel);
        return second.Json is { } job ? deployed.Judge(deployment, job) : new Looked.Unknown(second.Fault!, second.Wait);
    }

    private Task<ApiAnswer> GetAsync(GitLabPrompt prompt, string what, long id, CancellationToken cancel) =>
        api.GetAsync(string.Create(CultureInfo.InvariantCulture, $"projects/{prompt.Project}/{what}/{id}"), cancel);
}
