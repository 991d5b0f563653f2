namespace CredentialBroker.Protocol;

/// <summary>
/// Stable reason codes of refusals. They appear in problem answers (<c>code</c>), decisions and audit records, and are
/// never renamed. The reference page <c>docs/reference/reason-codes.md</c> is generated from this class.
/// </summary>
public static class ReasonCodes
{
    /// <summary>No evidence came with the request. Present a token or a client certificate.</summary>
    public const string EvidenceMissing = "evidence_missing";
    /// <summary>The evidence is not a well-formed three-part JWS of bounded size.</summary>
    public const string EvidenceMalformed = "evidence_malformed";
    /// <summary>The evidence's issuer is no configured trust source.</summary>
    public const string EvidenceUntrustedIssuer = "evidence_untrusted_issuer";
    /// <summary>The evidence's signature algorithm is not allowed for its source.</summary>
    public const string EvidenceAlgorithm = "evidence_algorithm";
    /// <summary>The evidence names a key its source does not publish.</summary>
    public const string EvidenceUnknownKey = "evidence_unknown_key";
    /// <summary>The evidence's signature does not verify.</summary>
    public const string EvidenceSignature = "evidence_signature";
    /// <summary>The evidence is not for this broker, or names more than one audience.</summary>
    public const string EvidenceAudience = "evidence_audience";
    /// <summary>The evidence is expired, not yet valid, has no expiry, or lives longer than its source allows.</summary>
    public const string EvidenceLifetime = "evidence_lifetime";
    /// <summary>The evidence has a header this broker refuses: <c>typ</c>, <c>crit</c>, <c>jku</c>, <c>x5u</c>, <c>jwk</c>, <c>x5c</c>.</summary>
    public const string EvidenceHeader = "evidence_header";
    /// <summary>The evidence lacks a claim that its kind requires, or claims contradict each other.</summary>
    public const string EvidenceClaims = "evidence_claims";
    /// <summary>The client certificate does not have the form that an X.509-SVID must have.</summary>
    public const string EvidenceCertificate = "evidence_certificate";
    /// <summary>The client certificate does not chain to the bundle of the trust domain it names.</summary>
    public const string EvidenceChain = "evidence_chain";
    /// <summary>The platform that has to confirm the evidence cannot be asked at present.</summary>
    public const string EvidenceCheckUnavailable = "evidence_check_unavailable";
    /// <summary>The evidence was used before and the template asks for one-time evidence, or a DPoP proof was used before.</summary>
    public const string EvidenceReplayed = "evidence_replayed";
    /// <summary>The cluster that has to say whether the workload still runs cannot be asked at present.</summary>
    public const string ClusterUnavailable = "cluster_unavailable";
    /// <summary>What runs is no longer what was approved: its spec, or the digest of an image that runs.</summary>
    public const string DigestDrift = "digest_drift";
    /// <summary>The keys of the trust source cannot be had at present.</summary>
    public const string EvidenceKeysUnavailable = "evidence_keys_unavailable";

    /// <summary>The template binds its credential to a key, and the request does not prove to hold one: send a DPoP proof, or use a client certificate.</summary>
    public const string ProofMissing = "proof_missing";
    /// <summary>The DPoP proof is malformed, for another request, too old, or not signed by its own key.</summary>
    public const string ProofInvalid = "proof_invalid";
    /// <summary>The key that was proven is not the one that the lease is bound to.</summary>
    public const string ProofMismatch = "proof_mismatch";
    /// <summary>The certificate signing request is malformed, not signed by its own key, or for a key that is not accepted.</summary>
    public const string SigningRequestInvalid = "signing_request_invalid";

    /// <summary>The request body or a header is malformed; the detail names the place.</summary>
    public const string RequestMalformed = "request_malformed";
    /// <summary>The request is larger than the limit.</summary>
    public const string RequestTooLarge = "request_too_large";
    /// <summary>The request's body came too slowly; the connection is closed.</summary>
    public const string RequestTooSlow = "request_too_slow";
    /// <summary>The idempotency key was used with another request body.</summary>
    public const string IdempotencyMismatch = "idempotency_mismatch";
    /// <summary>A claim with this idempotency key is being worked on.</summary>
    public const string ClaimInProgress = "claim_in_progress";

    /// <summary>No such template, or none that this workload may know of.</summary>
    public const string TemplateUnknown = "template_unknown";
    /// <summary>Several templates fit what was asked for; name the one that is meant.</summary>
    public const string TemplateAmbiguous = "template_ambiguous";
    /// <summary>The template does not match this workload.</summary>
    public const string WorkloadNotMatched = "workload_not_matched";
    /// <summary>The template asks for one-time evidence, and a connection's certificate cannot be used up.</summary>
    public const string OneTimeEvidenceRequired = "one_time_evidence_required";
    /// <summary>The evidence is weaker than the template demands.</summary>
    public const string StrengthTooLow = "strength_too_low";
    /// <summary>Workload, approval and template are not of one environment.</summary>
    public const string EnvironmentMismatch = "environment_mismatch";
    /// <summary>The chain of delegation is longer than the template allows.</summary>
    public const string DelegationTooDeep = "delegation_too_deep";
    /// <summary>The requested time to live is over the template's.</summary>
    public const string TtlTooLong = "ttl_too_long";
    /// <summary>The intent is missing, or asks for a scope or parameter outside the template or approval.</summary>
    public const string IntentRefused = "intent_refused";
    /// <summary>A template parameter has a value that its backend refuses.</summary>
    public const string ParameterRefused = "parameter_refused";
    /// <summary>The workload instance holds as many leases of this template as it may.</summary>
    public const string ConcurrentLeases = "concurrent_leases";

    /// <summary>No approval covers this workload and template.</summary>
    public const string NoApproval = "no_approval";
    /// <summary>The approval was denied.</summary>
    public const string ApprovalDenied = "approval_denied";
    /// <summary>The approval was withdrawn.</summary>
    public const string ApprovalWithdrawn = "approval_withdrawn";
    /// <summary>The approval was not claimed in time, or its validity is over.</summary>
    public const string ApprovalExpired = "approval_expired";
    /// <summary>The approval's window has not begun.</summary>
    public const string ApprovalNotYetValid = "approval_not_yet_valid";
    /// <summary>The approval is bound to as many instances as it allows.</summary>
    public const string ApprovalUsedUp = "approval_used_up";
    /// <summary>The approval is for another running instance.</summary>
    public const string BindingMismatch = "binding_mismatch";
    /// <summary>The approval states a fact that this kind of evidence cannot prove.</summary>
    public const string BindingUnverifiable = "binding_unverifiable";
    /// <summary>The approval's tier is below the template's.</summary>
    public const string TierMismatch = "tier_mismatch";
    /// <summary>The approval exists but its running thing is not confirmed yet.</summary>
    public const string ApprovalNotConfirmed = "approval_not_confirmed";

    /// <summary>The approval document's source is unknown.</summary>
    public const string SourceUnknown = "source_unknown";
    /// <summary>The approval source may not approve for this environment or template.</summary>
    public const string SourceNotEntitled = "source_not_entitled";
    /// <summary>The approval document is malformed; the detail names the member.</summary>
    public const string ApprovalMalformed = "approval_malformed";
    /// <summary>A cluster's API server asked, and the broker could not say yes in time.</summary>
    public const string AdmissionUndecided = "admission_undecided";
    /// <summary>What was asked of a cluster's API server is not let through: a change of what was approved, another resource than is gated, or a way into a pod that holds leases.</summary>
    public const string AdmissionRefused = "admission_refused";
    /// <summary>The pod's nonce was not made by the broker for this account just now, or is another pod's.</summary>
    public const string NonceRefused = "nonce_refused";
    /// <summary>This approval event was received before.</summary>
    public const string ApprovalReplayed = "approval_replayed";
    /// <summary>The approval already has a final state.</summary>
    public const string ApprovalFinal = "approval_final";
    /// <summary>Requester and approver are one person.</summary>
    public const string SelfApproval = "self_approval";
    /// <summary>Fewer people approved than the source demands, requester and service accounts not counted.</summary>
    public const string ApproversMissing = "approvers_missing";
    /// <summary>The event came in binary mode, where its attributes are headers that nobody signed.</summary>
    public const string BinaryMode = "event_binary_mode";
    /// <summary>The event is of a type that means nothing to its approval source; it is refused, not ignored.</summary>
    public const string EventType = "event_type_refused";
    /// <summary>The source's own state, read from its API, is of another repository, run, attempt, environment or person than the event.</summary>
    public const string StateMismatch = "source_state_mismatch";
    /// <summary>The source's own state says that nobody decided yet.</summary>
    public const string ApprovalPending = "approval_pending";
    /// <summary>The source's own state could not be read in time; nothing was approved.</summary>
    public const string SourceUnavailable = "source_unavailable";
    /// <summary>The image that was approved is not pinned by digest, or not signed by a party the template names.</summary>
    public const string ImageRefused = "image_refused";

    /// <summary>The environment's profile demands more than the approval, the evidence or the running thing has.</summary>
    public const string ProfileRefused = "profile_refused";
    /// <summary>The approval is privileged and leaves out the image's digest, the need, the host resources or the posture.</summary>
    public const string PostureUnknown = "posture_unknown";
    /// <summary>More was asked for in a time than the workload, the intent or the owner may have; claims are frozen for a while.</summary>
    public const string Velocity = "velocity";

    /// <summary>The template takes workloads only whose effective identity was reviewed and accepted, and this one's was not, or is another by now.</summary>
    public const string ReviewInvalid = "review_invalid";
    /// <summary>The template's text is not signed by one of its authors, and this broker takes no other.</summary>
    public const string TemplateUnsigned = "template_unsigned";

    /// <summary>A freeze is in force for what was asked.</summary>
    public const string Frozen = "frozen";
    /// <summary>The task is over.</summary>
    public const string TaskEnded = "task_ended";
    /// <summary>Policy could not be evaluated, or did not answer in the one way that means yes.</summary>
    public const string PolicyUnavailable = "policy_unavailable";
    /// <summary>The claim is privileged and policy cannot be asked at present. Ask again with the same idempotency key after <c>Retry-After</c>.</summary>
    public const string TierDeferred = "tier_deferred";
    /// <summary>The claim was deferred, and refused or too old before policy could be asked. Begin a new claim with a new idempotency key.</summary>
    public const string DeferralOver = "deferral_over";
    /// <summary>Policy said no.</summary>
    public const string PolicyDenied = "policy_denied";
    /// <summary>The accepted risk that a fallback rests on is expired, out of scope, or approved by its requester.</summary>
    public const string RiskAcceptanceInvalid = "risk_acceptance_invalid";

    /// <summary>The exception, risk acceptance or break-glass was decided or is over already; ask for a new one.</summary>
    public const string ExceptionOver = "exception_over";
    /// <summary>The bulk revocation is past that step, or another replica or person was first.</summary>
    public const string RevocationOver = "revocation_over";
    /// <summary>The template does not allow break-glass, or waits for the review of an earlier one.</summary>
    public const string BreakGlassLocked = "breakglass_locked";
    /// <summary>The legacy template's compensating controls were not reviewed in time.</summary>
    public const string LegacyReviewOverdue = "legacy_review_overdue";

    /// <summary>The lease does not exist, or is not the caller's.</summary>
    public const string LeaseUnknown = "lease_unknown";
    /// <summary>The lease is over or being ended.</summary>
    public const string LeaseOver = "lease_over";
    /// <summary>The lease's backend cannot renew; claim a new lease.</summary>
    public const string LeaseNotRenewable = "lease_not_renewable";
    /// <summary>The lease reached its longest life.</summary>
    public const string MaxTtlReached = "max_ttl_reached";
    /// <summary>Another operation on this lease is under way.</summary>
    public const string LeaseBusy = "lease_busy";

    /// <summary>The target did not make the credential; nothing was handed out.</summary>
    public const string MintFailed = "mint_failed";
    /// <summary>The credential could outlive its lease by more than the template's <c>maxResidual</c>; it was ended, not handed out.</summary>
    public const string ResidualTooLong = "residual_too_long";
    /// <summary>The target did not confirm that the credential ended; the broker tries again.</summary>
    public const string EndFailed = "end_failed";
    /// <summary>The target is failing and its circuit is open.</summary>
    public const string TargetUnavailable = "target_unavailable";
    /// <summary>More is promised at the target than can be ended in time.</summary>
    public const string TargetOverloaded = "target_overloaded";
    /// <summary>The broker's store cannot record the decision, so nothing is issued.</summary>
    public const string StoreUnavailable = "store_unavailable";
    /// <summary>The audit tree contradicts an earlier checkpoint, so that no evidence is signed.</summary>
    public const string EvidenceContradicted = "evidence_contradicted";
    /// <summary>The broker has more work waiting than it accepts; try again after the time given.</summary>
    public const string Overloaded = "overloaded";
    /// <summary>Facts changed too often while the claim was decided; try again.</summary>
    public const string FactsChanged = "facts_changed";

    /// <summary>The node of the container host has not been heard for too long.</summary>
    public const string HostSilent = "host_silent";
    /// <summary>The engine of the container host does not show its node what it does, and no exception covers it.</summary>
    public const string HostUntrusted = "host_untrusted";

    /// <summary>The caller is not authenticated as an operator.</summary>
    public const string OperatorUnknown = "operator_unknown";
    /// <summary>Too many logins of operators from this address failed; none is looked at before the time given.</summary>
    public const string TooManyFailures = "too_many_failures";
    /// <summary>The operator has no role that may do this.</summary>
    public const string OperatorForbidden = "operator_forbidden";
    /// <summary>The thing named in the path does not exist.</summary>
    public const string NotFound = "not_found";
    /// <summary>The template or selector has mistakes; they are listed.</summary>
    public const string Invalid = "invalid";
}
