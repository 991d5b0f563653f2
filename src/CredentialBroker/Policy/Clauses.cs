namespace CredentialBroker.Policy;

/// <summary>Every rule of a grant, in the order they are judged; the first that fails is the answer.</summary>
internal static class Clauses
{
    public static IReadOnlyList<Clause> All { get; } =
    [
        // who asks for what
        new("lease_is_the_callers", "a lease is renewed by the instance that holds it", Needs.Nothing, WorkloadClauses.LeaseIsTheCallers),
        new("template_exists", "the template is active", Needs.Nothing, WorkloadClauses.TemplateExists),
        new("workload_matched", "the template matches the workload", Needs.Template, WorkloadClauses.Matched),
        new("strength", "the evidence is as strong as the template demands", Needs.Template, WorkloadClauses.Strength),
        new("one_time_evidence", "the evidence can be used up where the template asks for one-time evidence", Needs.Template, WorkloadClauses.OneTime),
        new("delegation", "the chain of acting parties is no longer than the template allows", Needs.Template, WorkloadClauses.Delegation),

        // what is stopped
        new("not_frozen", "no freeze in force selects the claim", Needs.Template, ControlClauses.NotFrozen),
        new("task_not_ended", "the task is not over", Needs.Nothing, ControlClauses.TaskNotEnded),

        // was it approved
        new("approval_exists", "an approval speaks of this workload and template", Needs.Nothing, ApprovalClauses.Exists),
        new("approval_source", "the template accepts approvals of this source", Needs.Both, ApprovalClauses.Source),
        new("approval_state", "the approval is confirmed and not over", Needs.Approval, ApprovalClauses.State),
        new("approval_covers_template", "the approval names the template", Needs.Both, ApprovalClauses.CoversTemplate),
        new("approval_workload", "the approval names exactly this workload", Needs.Approval, ApprovalClauses.NamesWorkload),
        new("approval_environment", "approval and template are of one environment", Needs.Both, ApprovalClauses.Environment),
        new("approval_begun", "the approval's window has begun", Needs.Approval, ApprovalClauses.Begun),
        new("approval_claimed_in_time", "a new instance claims before the approval's claim time is over", Needs.Approval, ApprovalClauses.ClaimedInTime),
        new("approval_not_over", "the approval's window is not over", Needs.Approval, ApprovalClauses.NotOver),

        // is it this very instance's
        new("binding", "the approval is this very instance's", Needs.Both, BindingClauses.Bound),
        new("binding_facts", "evidence proves every fact that the approval states", Needs.Approval, BindingClauses.FactsProven),
        new("approval_uses", "the approval allows one more instance, or this one is bound already", Needs.Approval, ApprovalClauses.Uses),
        new("image", "the approved image is pinned and signed as the template, or the tier critical, demands", Needs.Both, ImageClauses.Image),
        new("identity_reviewed", "where the template demands it, what the workload effectively is was reviewed, accepted, and has not changed", Needs.Template, WorkloadClauses.IdentityReviewed),
        new("profile", "what the environment's profile demands of image, evidence, binding and weaknesses holds", Needs.Both, Profiles.Holds),
        new("privileged_stated", "a privileged approval states image, need, host resources and posture", Needs.Approval, Profiles.PrivilegedIsStated),
        new("autonomous", "an autonomous workload was approved for an intent, and asks for five minutes at most", Needs.Both, Profiles.AutonomousIsNarrow),
        new("tier", "the approval's tier is at least the template's", Needs.Both, ApprovalClauses.Tier),

        // how much, how long
        new("intent", "a scope is chosen where the template requires it", Needs.Template, GrantClauses.Intent),
        new("scope", "what is asked for lies within template and approval", Needs.Template, GrantClauses.Scope),
        new("ttl", "the wanted life is no longer than the template's", Needs.Template, GrantClauses.Ttl),
        new("external_policy", "the external policy point, where there is one, says yes", Needs.Template, GrantClauses.ExternalPolicy),
        new("quarantine", "what is given while external policy cannot be asked is of tier low, for five minutes, and no cloud's", Needs.Template, QuarantineClauses.Harmless),
        new("concurrent_leases", "the instance holds fewer leases than it may", Needs.Template, ExceptionClauses.Concurrent),
        new("exception", "the exception that is used is live, of two people, and covers the claim", Needs.Template, ExceptionClauses.Stands),
        new("legacy_reviewed", "a legacy template's compensating controls were reviewed in time", Needs.Template, ExceptionClauses.LegacyReviewed),
        new("max_ttl", "the lease has not reached its longest life", Needs.Nothing, GrantClauses.MaxTtl),
        new("life_left", "at least a second of life is left to grant", Needs.Both, GrantClauses.LifeLeft),
    ];
}
