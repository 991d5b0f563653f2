namespace CredentialBroker.Attestation;

/// <summary>A GitHub Actions job's token. Decided on ids: names, and the <c>sub</c> made of them, can be taken over.</summary>
internal sealed class GitHubEvidence : ITokenKind
{
    public string Name => "github";

    public string? UsualIssuer => "https://token.actions.githubusercontent.com";

    // A bearer token checked by its signature alone: replayable until it expires, and deaf to the workload's end.
    public int Strength => 2;

    public TimeSpan LongestLife => TimeSpan.FromHours(24);

    public string? UsualKeys(string issuer) => $"{issuer.TrimEnd('/')}/.well-known/jwks";

    public Proof Read(string source, WorkloadSourceOptions options, ClaimSheet sheet)
    {
        var subject = sheet.Require("sub", ClaimForms.Plain, "sub");
        var owner = sheet.Require("repository_owner_id", ClaimForms.Digits, "repository_owner_id");
        var repository = sheet.Require("repository_id", ClaimForms.Digits, "repository_id");
        var run = sheet.Require("run_id", ClaimForms.Digits, "run_id");
        var attempt = sheet.Require("run_attempt", ClaimForms.Digits, "run_attempt");
        var job = sheet.Allow("check_run_id", ClaimForms.Digits, "check_run_id");
        var environment = sheet.Allow("environment", ClaimForms.Plain, "environment");
        sheet.Require("event_name", ClaimForms.Name, "event_name");
        sheet.Require("ref", ClaimForms.Plain, "ref");
        sheet.Require("ref_type", ClaimForms.Name, "ref_type");
        sheet.Allow("job_workflow_ref", ClaimForms.Plain, "job_workflow_ref");
        sheet.Allow("actor_id", ClaimForms.Digits, "actor_id");
        sheet.Allow("runner_environment", ClaimForms.Name, "runner_environment");
        sheet.Allow("sha", ClaimForms.CommitHash, "sha");

        var place = environment is null ? "" : "/" + UriSegment.Of(environment);
        var one = job is null ? "" : "/" + job;
        return new Proof(subject, $"github://{owner}/{repository}{place}", $"{run}/{attempt}{one}");
    }
}
