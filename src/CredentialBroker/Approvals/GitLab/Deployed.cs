using System.Globalization;
using System.Text.Json;
using CredentialBroker.Approvals.Intake;
using CredentialBroker.Approvals.Prompts;
using CredentialBroker.Protocol;

namespace CredentialBroker.Approvals.GitLab;

/// <summary>One deployment, judged against the state that was read. Pure. What is missing in an answer is equal to nothing.</summary>
internal sealed record Deployed(ApprovalSource Source, GitLabPrompt Prompt)
{
    private GitLabOptions Options => Source.Options.GitLab!;

    /// <summary>Another deployment than was meant, or one that somebody rejected; null when it goes on.</summary>
    public Looked? Stops(JsonElement deployment)
    {
        if (deployment.Number("id") != Prompt.Deployment || deployment.Word("environment", "name") != Prompt.Environment || deployment.Number("deployable", "id") != Prompt.Job)
        {
            return Mismatch("the deployment is another, or of another environment or job");
        }

        return Of(deployment).Any(a => a.Word("status") == "rejected") ? new Looked.Says(new ApprovalDocument.Stopped(Reference, ApprovalState.Denied)) : null;
    }

    public Looked Judge(JsonElement deployment, JsonElement job)
    {
        if (deployment.Count("pending_approval_count") != 0) return Pending("the deployment still waits for approvals, or this GitLab tells of none");
        var approved = Of(deployment).Where(a => a.Word("status") == "approved").ToList();
        if (approved.Count == 0) return Pending("nobody approved the deployment");
        if (!IsJob(Prompt, job) || job.Number("pipeline", "id") is not { } pipeline || deployment.Number("deployable", "pipeline", "id") != pipeline)
        {
            return Mismatch("the job is of another project or pipeline");
        }

        if (deployment.Word("status") == "blocked") return Pending("the deployment is still blocked");
        if (deployment.Word("status") is not ("created" or "running") || !JobStatus.IsAhead(job.Word("status")) || job.Word("finished_at") is not null)
        {
            return Looked.Refused(ReasonCodes.TaskEnded, "the deployment or its job is over");
        }

        // Who began the pipeline asked, and so did who started the job, which GitLab keeps apart.
        long?[] asked = [deployment.Number("user", "id"), deployment.Number("deployable", "user", "id"), job.Number("user", "id")];
        if (asked.Contains(null) || deployment.Word("user", "username") is not { } requester) return Mismatch("nobody is named as who began the job");
        if (approved.Exists(a => a.Number("user", "id") is null || a.Word("user", "username") is null)) return Mismatch("an approval names nobody");
        var others = approved.Where(a => !asked.Contains(a.Number("user", "id"))).Select(Name).Distinct(StringComparer.Ordinal).ToList();
        // An account is one person under any name: who asked and alone approved is named as both.
        return new Looked.Says(others.Count > 0 ? Approval(requester, others, pipeline) : Approval(Name(approved[0]), [Name(approved[0])], pipeline));
    }

    public static bool IsJob(GitLabPrompt prompt, JsonElement job) =>
        job.Number("id") == prompt.Job && job.Number("pipeline", "project_id") == prompt.Project;

    public static Looked Mismatch(string detail) => Looked.Refused(ReasonCodes.StateMismatch, detail);

    private static Looked Pending(string detail) => Looked.Refused(ReasonCodes.ApprovalPending, detail);

    private string Reference => string.Create(CultureInfo.InvariantCulture, $"{Prompt.Project}/{Prompt.Deployment}/{Prompt.Job}");

    /// <summary>Decisions, wherever this GitLab lists them: of the environment, and of each of its rules.</summary>
    private static IEnumerable<JsonElement> Of(JsonElement deployment) =>
        [.. deployment.At("approvals").Items(), .. deployment.At("approval_summary", "rules").Items().SelectMany(rule => rule.At("deployment_approvals").Items())];

    private static string Name(JsonElement approval) => approval.Word("user", "username")!;

    private ApprovalDocument.Approved Approval(string requester, IReadOnlyList<string> approvers, long pipeline) => new()
    {
        Reference = Reference,
        Environment = Options.Environments[Prompt.Environment!],
        Templates = Source.Options.Templates,
        Workload = string.Create(CultureInfo.InvariantCulture, $"gitlab://{Options.WorkloadSource}/{Prompt.Project}"),
        Instance = Prompt.Job.ToString(CultureInfo.InvariantCulture),
        Facts = new Dictionary<string, string>
        {
            ["pipeline_id"] = pipeline.ToString(CultureInfo.InvariantCulture),
            ["environment"] = Prompt.Environment!,
        },
        Task = Prompt.TaskIn(Options),
        Tier = Options.Tier,
        Requester = requester,
        Approvers = approvers,
        MaxUses = 1,
    };
}
