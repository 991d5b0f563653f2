using System.Globalization;
using System.Text.Json;
using CredentialBroker.Approvals.Intake;
using CredentialBroker.Approvals.Prompts;
using CredentialBroker.Attestation;
using CredentialBroker.Protocol;

namespace CredentialBroker.Approvals.GitHub;

/// <summary>One review, judged against the state that was read. Pure.</summary>
internal sealed record Reviewed(ApprovalSource Source, GitHubPrompt Prompt, GitHubRepository Repository)
{
    private GitHubOptions Options => Source.Options.GitHub!;

    public Looked? RunFault(JsonElement run)
    {
        if (run.Number("id") != Prompt.Run || run.Number("repository", "id") != Repository.Id || run.Number("repository", "owner", "id") != Repository.OwnerId)
        {
            return Mismatch("the run is of another repository");
        }

        return Prompt.Attempt is { } attempt && run.Number("run_attempt") != attempt ? Mismatch("the run is at another attempt") : null;
    }

    /// <summary>A job that asks to be let in: only a no is worth anything before somebody reviewed it.</summary>
    public Looked Entry(JsonElement run, JsonElement reviews) =>
        run.Number("run_attempt") is not null && Of(reviews).Any(r => r.Word("state") == "rejected")
            ? Looked.Refused(ReasonCodes.ApprovalDenied, "the environment was rejected for this run")
            : new Looked.Nothing();

    public Looked Judge(JsonElement run, JsonElement reviews, JsonElement pending, JsonElement job)
    {
        var mine = Of(reviews).ToList();
        // GitHub does not tell which attempt a review was for, so that one rejection stands for all of them.
        if (mine.Exists(r => r.Word("state") == "rejected")) return new Looked.Says(new ApprovalDocument.Stopped(Reference, ApprovalState.Denied));
        var approved = mine.Where(r => r.Word("state") == "approved").ToList();
        if (approved.Count == 0) return Pending("no review approved the environment");
        if (((JsonElement?)pending).Items().Any(waits => waits.Word("environment", "name") is not { } name || name == Prompt.Environment)) return Pending("the environment still waits for a review");
        if (approved.Find(r => r.Number("user", "id") == Prompt.Approver).Word("user", "login") is not { } approver) return Mismatch("another account approved");
        if (!IsJob(Prompt, job) || job.Word("check_run_url").IdAfter("/check-runs/") is not { } check) return Mismatch("the job is of another run or attempt");
        if (run.Word("status") is null or "completed" || job.Word("status") is null or "completed") return Looked.Refused(ReasonCodes.TaskEnded, "the job is over");
        // Who began the run asked, and so did who began this attempt of it. An account is one person under any name.
        if (run.Number("actor", "id") is not { } began || run.Number("triggering_actor", "id") is not { } again || run.Word("triggering_actor", "login") is not { } requester)
        {
            return Mismatch("nobody is named as who began the run");
        }

        return new Looked.Says(Approval(Prompt.Approver == began || Prompt.Approver == again ? approver : requester, approver, check));
    }

    public static bool IsJob(GitHubPrompt prompt, JsonElement job) =>
        job.Number("id") == prompt.Job && job.Number("run_id") == prompt.Run && job.Number("run_attempt") == prompt.Attempt;

    public static Looked Mismatch(string detail) => Looked.Refused(ReasonCodes.StateMismatch, detail);

    private static Looked Pending(string detail) => Looked.Refused(ReasonCodes.ApprovalPending, detail);

    private string Reference => string.Create(CultureInfo.InvariantCulture, $"{Repository.Id}/{Prompt.Run}/{Prompt.Attempt}/{Prompt.Job}");

    private IEnumerable<JsonElement> Of(JsonElement reviews) =>
        ((JsonElement?)reviews).Items().Where(r => r.At("environments").Items().Any(e => e.Word("name") == Prompt.Environment));

    private ApprovalDocument.Approved Approval(string requester, string approver, long check) => new()
    {
        Reference = Reference,
        Environment = Options.Environments[Prompt.Environment!],
        Templates = Source.Options.Templates,
        Workload = string.Create(CultureInfo.InvariantCulture, $"github://{Repository.OwnerId}/{Repository.Id}/{UriSegment.Of(Prompt.Environment!)}"),
        Instance = string.Create(CultureInfo.InvariantCulture, $"{Prompt.Run}/{Prompt.Attempt}/{check}"),
        Facts = new Dictionary<string, string>
        {
            ["repository_id"] = Repository.Id.ToString(CultureInfo.InvariantCulture),
            ["run_id"] = Prompt.Run.ToString(CultureInfo.InvariantCulture),
            ["run_attempt"] = Prompt.Attempt!.Value.ToString(CultureInfo.InvariantCulture),
            ["environment"] = Prompt.Environment!,
        },
        Task = Prompt.TaskIn(Options),
        Tier = Options.Tier,
        Requester = requester,
        Approvers = [approver],
        MaxUses = 1,
    };
}
