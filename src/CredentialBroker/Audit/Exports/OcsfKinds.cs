namespace CredentialBroker.Audit.Exports;

/// <summary>Classes of OCSF that records are told as.</summary>
internal static class OcsfClasses
{
    public const int DetectionFinding = 2004;
    public const int Authentication = 3002;
    public const int AuthorizeSession = 3003;
    public const int EntityManagement = 3004;
    public const int UserAccess = 3005;
    public const int ApiActivity = 6003;
}

/// <param name="Class">Class of OCSF; its category is the first digit.</param>
/// <param name="Activity">Activity within the class; 99 is any other.</param>
/// <param name="Entity">What kind of thing is managed, where the class is Entity Management.</param>
/// <param name="Severity">1 informational, 3 medium, 4 high.</param>
/// <param name="Failed">The record tells of something that did not come about.</param>
internal sealed record OcsfKind(int Class, int Activity, string? Entity = null, int Severity = 1, bool Failed = false);

/// <summary>What every type of record is in OCSF: the closed list.</summary>
internal static class OcsfKinds
{
    private const int Create = 1, Read = 2, Update = 3, Delete = 4, Enable = 8, Disable = 9, Assign = 1, Revoke = 2, Other = 99;

    /// <summary>A type that is not listed is exported all the same: an export that stops at news would lose what follows.</summary>
    public static OcsfKind Unlisted { get; } = new(OcsfClasses.ApiActivity, Other);

    public static IReadOnlyDictionary<string, OcsfKind> All { get; } = new Dictionary<string, OcsfKind>(StringComparer.Ordinal)
    {
        ["approval.received"] = Entity("Approval", Create),
        ["approval.confirmed"] = Entity("Approval", Enable),
        ["admission.allowed"] = Entity("Pod", Create),
        ["admission.denied"] = Entity("Pod", Create) with { Failed = true, Severity = 3 },
        ["admission.entered"] = new(OcsfClasses.ApiActivity, Other, Severity: 3),
        ["approval.reaffirmed"] = Entity("Approval", Update),
        ["approval.rejected"] = Entity("Approval", Create) with { Failed = true, Severity = 3 },
        ["approval.denied"] = Entity("Approval", Disable),
        ["approval.withdrawn"] = Entity("Approval", Disable),
        ["approval.image_refused"] = Entity("Approval", Disable),
        ["approval.expired"] = Entity("Approval", Disable),
        ["approval.task_finished"] = Entity("Approval", Disable),
        ["lease.not_granted_anew"] = new(OcsfClasses.UserAccess, Revoke, Severity: 3),
        ["velocity.breached"] = new(OcsfClasses.DetectionFinding, Create, Severity: 4),
        ["attestation.succeeded"] = new(OcsfClasses.Authentication, 1),
        ["attestation.failed"] = new(OcsfClasses.Authentication, 1, Severity: 3, Failed: true),
        ["credential.decision"] = new(OcsfClasses.AuthorizeSession, Assign),
        ["deferral.created"] = new(OcsfClasses.AuthorizeSession, Other),
        ["deferral.resolved"] = new(OcsfClasses.AuthorizeSession, Other),
        ["quarantine.entered"] = new(OcsfClasses.AuthorizeSession, Other, Severity: 3),
        ["quarantine.left"] = new(OcsfClasses.AuthorizeSession, Other),
        ["credential.issued"] = new(OcsfClasses.UserAccess, Assign),
        ["credential.renewed"] = new(OcsfClasses.UserAccess, Assign),
        ["credential.revoke_requested"] = new(OcsfClasses.UserAccess, Revoke),
        ["credential.revoked"] = new(OcsfClasses.UserAccess, Revoke),
        ["credential.expired"] = new(OcsfClasses.UserAccess, Revoke),
        ["credential.revocation_failed"] = new(OcsfClasses.UserAccess, Revoke, Severity: 3, Failed: true),
        ["credential.revocation_stuck"] = new(OcsfClasses.UserAccess, Revoke, Severity: 4, Failed: true),
        ["credential.proved_dead"] = new(OcsfClasses.UserAccess, Revoke),
        ["credential.outlived_end"] = new(OcsfClasses.DetectionFinding, Create, Severity: 4),
        ["secret.accessed"] = new(OcsfClasses.ApiActivity, Read),
        ["credential.used"] = new(OcsfClasses.ApiActivity, Read),
        ["container.privileged_request"] = new(OcsfClasses.ApiActivity, Create, Severity: 3),
        ["container.bound"] = new(OcsfClasses.ApiActivity, Create),
        ["container.refused"] = new(OcsfClasses.ApiActivity, Create, Severity: 3, Failed: true),
        ["container.unapproved"] = new(OcsfClasses.DetectionFinding, Create, Severity: 4),
        ["host.trusted"] = Entity("Host", Enable),
        ["host.excepted"] = Entity("Host", Enable) with { Severity = 4 },
        ["host.untrusted"] = Entity("Host", Disable) with { Severity = 4 },
        ["drift.detected"] = new(OcsfClasses.DetectionFinding, Create, Severity: 4),
        ["bypass.detected"] = new(OcsfClasses.DetectionFinding, Create, Severity: 4),
        ["signal.received"] = new(OcsfClasses.DetectionFinding, Create, Severity: 3),
        ["signal.refused"] = new(OcsfClasses.DetectionFinding, Create, Severity: 3, Failed: true),
        ["exposure.reported"] = new(OcsfClasses.DetectionFinding, Create, Severity: 4),
        ["exposure.dead"] = new(OcsfClasses.DetectionFinding, Update, Severity: 3),
        ["exposure.overdue"] = new(OcsfClasses.DetectionFinding, Update, Severity: 5),
        ["identity.reviewed"] = new(OcsfClasses.DetectionFinding, Create, Severity: 3),
        ["identity.drift"] = new(OcsfClasses.DetectionFinding, Update, Severity: 3),
        ["identity.accepted"] = Entity("Identity", Enable),
        ["identity.refused"] = Entity("Identity", Disable) with { Severity = 3 },
        ["task.ended"] = Entity("Task", Disable),
        ["template.changed"] = Entity("Policy", Update),
        ["policy.changed"] = Entity("Policy", Update),
        ["trust_source.changed"] = Entity("Policy", Update),
        ["target.cut_off"] = Entity("Target", Disable) with { Severity = 4 },
        ["selector.saved"] = Entity("Selector", Update),
        ["selector.dropped"] = Entity("Selector", Delete),
        ["credential.used_after_end"] = Entity("Credential", Read) with { Severity = 5 },
        ["credential.used_elsewhere"] = Entity("Credential", Read) with { Severity = 4 },
        ["incident.opened"] = Entity("Incident", Create) with { Severity = 4 },
        ["incident.confirmed"] = Entity("Incident", Update) with { Severity = 4 },
        ["incident.cancelled"] = Entity("Incident", Disable) with { Severity = 3 },
        ["incident.finished"] = Entity("Incident", Update) with { Severity = 3 },
        ["freeze.set"] = Entity("Freeze", Create) with { Severity = 3 },
        ["freeze.lifted"] = Entity("Freeze", Delete),
        ["hold.set"] = Entity("Hold", Create) with { Severity = 3 },
        ["hold.lifted"] = Entity("Hold", Delete),
        ["template.proposed"] = Entity("Policy", Create),
        ["key.made"] = Entity("Key", Create),
        ["key.retired"] = Entity("Key", Disable),
        ["key.rewrapped"] = Entity("Key", Update),
        ["operator.refused"] = new(OcsfClasses.Authentication, 1, Severity: 3, Failed: true),
        ["operator.bootstrap_retired"] = Entity("Operator", Disable),
        ["exception.requested"] = Entity("Exception", Create),
        ["exception.approved"] = Entity("Exception", Enable) with { Severity = 3 },
        ["exception.refused"] = Entity("Exception", Disable),
        ["exception.used"] = Entity("Exception", Other) with { Severity = 3 },
        ["exception.ended"] = Entity("Exception", Disable),
        ["risk_acceptance.requested"] = Entity("RiskAcceptance", Create),
        ["risk_acceptance.approved"] = Entity("RiskAcceptance", Enable) with { Severity = 3 },
        ["risk_acceptance.refused"] = Entity("RiskAcceptance", Disable),
        ["risk_acceptance.used"] = Entity("RiskAcceptance", Other) with { Severity = 3 },
        ["risk_acceptance.ended"] = Entity("RiskAcceptance", Disable),
        ["breakglass.opened"] = Entity("BreakGlass", Create) with { Severity = 4 },
        ["breakglass.used"] = Entity("BreakGlass", Other) with { Severity = 4 },
        ["breakglass.reviewed"] = Entity("BreakGlass", Update) with { Severity = 3 },
        ["breakglass.review_overdue"] = Entity("BreakGlass", Update) with { Severity = 4 },
        ["breakglass.ended"] = Entity("BreakGlass", Disable) with { Severity = 3 },
        ["bulk_revoke.started"] = Entity("Incident", Create) with { Severity = 4 },
        ["bulk_revoke.completed"] = Entity("Incident", Update) with { Severity = 3 },
        ["audit.chain_started"] = new(OcsfClasses.ApiActivity, Create),
    };

    private static OcsfKind Entity(string type, int activity) => new(OcsfClasses.EntityManagement, activity, type);
}
