namespace CredentialBroker.Attestation;

/// <summary>A GitLab CI job's token. The workload is the project whose code runs, which for a fork's merge request is the fork.</summary>
internal sealed class GitLabEvidence : ITokenKind
{
    public string Name => "gitlab";

    public string? UsualIssuer => "https://gitlab.com";

    // A bearer token checked by its signature alone: replayable until it expires, and deaf to the workload's end.
    public int Strength => 2;

    public TimeSpan LongestLife => TimeSpan.FromHours(24);

    public string? UsualKeys(string issuer) => $"{issuer.TrimEnd('/')}/oauth/discovery/keys";

    public Proof Read(string source, WorkloadSourceOptions options, ClaimSheet sheet)
    {
        var subject = sheet.Require("sub", ClaimForms.Plain, "sub");
        var project = sheet.Require("project_id", ClaimForms.Digits, "project_id");
        var job = sheet.Require("job_id", ClaimForms.Digits, "job_id");
        sheet.Require("pipeline_id", ClaimForms.Digits, "pipeline_id");
        var cause = sheet.Require("pipeline_source", ClaimForms.Name, "pipeline_source");
        sheet.Require("ref", ClaimForms.Plain, "ref");
        sheet.Require("ref_type", ClaimForms.Name, "ref_type");
        sheet.Require("ref_protected", ClaimForms.Flag, "ref_protected");
        sheet.Allow("environment", ClaimForms.Plain, "environment");
        sheet.Allow("environment_protected", ClaimForms.Flag, "environment_protected");
        sheet.Allow("runner_id", ClaimForms.Digits, "runner_id");
        sheet.Allow("user_id", ClaimForms.Digits, "user_id");
        sheet.Allow("sha", ClaimForms.CommitHash, "sha");
        TellForks(sheet, project, cause);
        return new Proof(subject, $"gitlab://{source}/{project}", job);
    }

    // Before 18.2.2 project_id named the target of a fork's merge request, so a fork's code could pose as its parent.
    // The job_project_id of later releases tells that they mean the fork; without it, whose code runs is a guess.
    private static void TellForks(ClaimSheet sheet, string project, string cause)
    {
        var host = sheet.Allow("job_project_id", ClaimForms.Digits, "job_project_id");
        if (host is null && cause == "merge_request_event")
        {
            sheet.Refuse("The token of a merge request pipeline does not tell whether a fork's code runs.");
        }

        sheet.State("fork", host is null || host == project ? "false" : "true");
    }
}
