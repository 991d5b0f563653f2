using System.Text.Json;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Alarms;
using CredentialBroker.Protocol.Approvals;
using CredentialBroker.Protocol.Clusters;
using CredentialBroker.Protocol.Controls;
using CredentialBroker.Protocol.Evidence;
using CredentialBroker.Protocol.Exceptions;
using CredentialBroker.Protocol.Findings;
using CredentialBroker.Protocol.Hosts;
using CredentialBroker.Protocol.Incidents;
using CredentialBroker.Protocol.Keys;
using CredentialBroker.Protocol.Leases;
using CredentialBroker.Protocol.Operators;
using CredentialBroker.Protocol.Overview;
using CredentialBroker.Protocol.Reviews;
using CredentialBroker.Protocol.Signals;
using CredentialBroker.Protocol.Templates;
using CredentialBroker.Protocol.Uses;
using CredentialBroker.Protocol.Workload;

namespace CredentialBroker.Hosting.OpenApi;

/// <summary>What a route takes and gives, in the types of the protocol.</summary>
/// <param name="Status">Status of success.</param>
/// <param name="Answer">Type of its body; null for none or for text.</param>
internal sealed record ApiRow(string Summary, int Status, Type? Answer)
{
    /// <summary>Type of the request's body; <see cref="string"/> for a document in another form than JSON.</summary>
    public Type? Body { get; init; }

    public string BodyType { get; init; } = "application/json";

    public string AnswerType { get; init; } = "application/json";

    public bool BodyMayBeAbsent { get; init; }

    /// <summary>Headers that a request carries, with their meaning.</summary>
    public (string Name, string Meaning)? Header { get; init; }
}

/// <summary>Routes as clients see them; who may call them says the access table.</summary>
internal static class ApiTable
{
    private static readonly Dictionary<string, ApiRow> Rows = new(StringComparer.Ordinal)
    {
        ["POST /v1/approvals/{source}"] = new("Takes an approval, denial, withdrawal or task end, in the form of its source", 202, typeof(ApprovalAccepted)) { Body = typeof(string), BodyType = "application/jose" },
        ["GET /v1/approvals"] = new("Lists approvals, newest first", 200, typeof(ApprovalList)),
        ["GET /v1/approvals/{id}"] = new("Shows an approval", 200, typeof(ApprovalView)),
        ["POST /v1/leases"] = new("Claims a credential; its secret is in this answer and in no other", 201, typeof(LeaseAnswer))
        {
            Body = typeof(ClaimRequest), Header = ("Idempotency-Key", "1 to 255 visible ASCII characters; claiming twice with one key makes one credential"),
        },
        ["GET /v1/leases"] = new("Lists leases by selector, newest first", 200, typeof(LeasePage)),
        ["GET /v1/leases/{id}"] = new("Shows a lease", 200, typeof(LeaseView)),
        ["POST /v1/leases/{id}/renew"] = new("Renews a lease, decided afresh", 200, typeof(LeaseAnswer)) { Body = typeof(RenewRequest), BodyMayBeAbsent = true },
        ["DELETE /v1/leases/{id}"] = new("Ends a lease now; it is ended once its target confirmed", 202, typeof(LeaseView)),
        ["GET /v1/workload/events"] = new("Watches the workload's own leases as server-sent events: how each stands, and every change", 200, typeof(LeaseStanding)) { AnswerType = "text/event-stream" },
        ["POST /v1/tasks/{id}/end"] = new("Ends a task, and with it its leases", 200, typeof(TaskEnded)),
        ["POST /v1/hosts/{source}/records"] = new("Takes what the node of a container host tells; the same again changes nothing", 202, typeof(HostReceipt)) { Body = typeof(string), BodyType = "application/jose" },
        ["GET /v1/hosts"] = new("Lists container hosts and how far their engines are trusted", 200, typeof(HostList)),
        ["GET /v1/hosts/{host}/exposure"] = new("Tells who was seen at a host's engine, and what they asked of it", 200, typeof(HostExposureView)),
        ["GET /v1/templates"] = new("Lists templates", 200, typeof(TemplateList)),
        ["PUT /v1/templates"] = new("Activates a template; where a second person is needed it waits as a candidate, and the status is 202", 200, typeof(TemplateView)) { Body = typeof(string), BodyType = "application/yaml" },
        ["POST /v1/templates/validate"] = new("Tells a template's mistakes and activates nothing", 200, typeof(TemplateVerdict)) { Body = typeof(string), BodyType = "application/yaml" },
        ["GET /v1/reviews/would-change"] = new("Live leases that would not be granted today; nothing ends by looking", 200, typeof(ChangePage)),
        ["POST /v1/explain"] = new("Judges a claim clause by clause without making it", 200, typeof(Explanation)) { Body = typeof(ExplainRequest) },
        ["POST /v1/targets/aws/{target}/cutoff"] = new("Cuts off every session of an AWS role that was issued before a time, or tells what that would hit", 200, typeof(CutOffView)) { Body = typeof(CutOffRequest) },
        ["GET /v1/freezes"] = new("Lists freezes in force", 200, typeof(ControlList)),
        ["POST /v1/freezes"] = new("Stops issuing and renewing under a selector, on every replica once this answers", 201, typeof(ControlView)) { Body = typeof(ControlRequest) },
        ["DELETE /v1/freezes/{id}"] = new("Lifts a freeze", 204, null),
        ["GET /v1/holds"] = new("Lists holds in force", 200, typeof(ControlList)),
        ["POST /v1/holds"] = new("Makes automatic ends under a selector wait, at most 24 h", 201, typeof(ControlView)) { Body = typeof(ControlRequest) },
        ["DELETE /v1/holds/{id}"] = new("Lifts a hold", 204, null),
        ["GET /v1/audit"] = new("Reads audit records, one JSON object on a line", 200, typeof(AuditLine)) { AnswerType = "application/x-ndjson" },
        ["POST /oauth2/introspect"] = new("Tells whether a signed token is active (RFC 7662)", 200, typeof(JsonElement)) { Body = typeof(string), BodyType = "application/x-www-form-urlencoded" },
        ["GET /issuer/workload/.well-known/openid-configuration"] = new("Discovery of the workload issuer (OpenID Connect Discovery 1.0)", 200, typeof(JsonElement)),
        ["GET /issuer/workload/.well-known/jwks.json"] = new("Public keys of the workload issuer (RFC 7517)", 200, typeof(JsonElement)),
        ["GET /v1/whoami"] = new("Tells who the caller is, and what they may do", 200, typeof(WhoAmI)),
        ["POST /v1/templates/{name}/plan"] = new("Tries a template at its target with a canary that the broker makes, uses, ends, and uses until it is refused", 200, typeof(PlanView)) { Body = typeof(PlanRequest), BodyMayBeAbsent = true },
        ["POST /v1/revocations"] = new("Ends every lease that a selector covers, or with dryRun tells what that would hit; above a size another person confirms first", 202, typeof(RevocationView)) { Body = typeof(RevocationRequest) },
        ["GET /v1/revocations"] = new("Lists bulk revocations, newest first", 200, typeof(RevocationList)),
        ["GET /v1/revocations/{id}"] = new("Shows how far a bulk revocation has come, and what fails", 200, typeof(RevocationView)),
        ["GET /v1/revocations/{id}/events"] = new("Watches a bulk revocation as server-sent events until it is over", 200, typeof(RevocationView)),
        ["GET /v1/revocations/{id}/report"] = new("Reports a bulk revocation: timeline, time to dead, what remains, uses after the end; as Markdown with Accept: text/markdown", 200, typeof(IncidentReport)),
        ["GET /v1/selectors"] = new("Lists saved selectors", 200, typeof(SelectorList)),
        ["GET /v1/selectors/{name}"] = new("Shows a saved selector", 200, typeof(SavedSelector)),
        ["PUT /v1/selectors/{name}"] = new("Saves a selector under a name", 200, typeof(SavedSelector)) { Body = typeof(SelectorRequest) },
        ["DELETE /v1/selectors/{name}"] = new("Drops a saved selector", 204, null),
        ["POST /v1/uses/{log}"] = new("Takes a piece of a target's log: cloudtrail, vault (a line each) or postgres (jsonlog)", 202, typeof(UseReceipt)),
        ["GET /v1/leases/{id}/uses"] = new("Lists what logs say was done with a lease's credential, oldest first", 200, typeof(UseList)),
        ["POST /v1/revocations/{id}/confirm"] = new("Confirms another person's bulk revocation", 202, typeof(RevocationView)) { Body = typeof(ConfirmRequest) },
        ["POST /v1/signals/{name}/poll"] = new("Takes acknowledgements of a receiver of signals and gives what comes next (RFC 8936)", 200, typeof(PollAnswer)) { Body = typeof(PollRequest) },
        ["DELETE /v1/revocations/{id}"] = new("Calls off what a bulk revocation has not begun", 202, typeof(RevocationView)),
        ["POST /v1/alarms/{source}"] = new("Takes what a source outside saw: a security event token (RFC 8935), or Falco's or the broker's own JSON over a signed webhook", 202, null) { Body = typeof(string), BodyType = "application/secevent+jwt" },
        ["GET /v1/alarms"] = new("Lists what sources outside saw and what was done about it, newest first", 200, typeof(AlarmList)),
        ["POST /v1/exposures"] = new("Reports a credential that was found where it must not be; its leases are revoked at once", 202, typeof(ExposureView)) { Body = typeof(ExposureRequest) },
        ["GET /v1/exposures"] = new("Lists reports of exposed credentials, newest first, and how long ending them took on average", 200, typeof(ExposureList)),
        ["GET /v1/exposures/{id}"] = new("Shows a report of an exposed credential", 200, typeof(ExposureView)),
        ["GET /v1/overview"] = new("Tells how things stand: what lives, how fast it comes and goes, and what is over when", 200, typeof(OverviewView)),
        ["GET /v1/reviews/blast-radius"] = new("Tells what whoever took over what a selector covers could reach: leases that live and that ended lately, targets, privileges, owners; as Markdown with Accept: text/markdown", 200, typeof(BlastRadius)),
        ["POST /v1/reviews/identity"] = new("Reviews every effective identity in documents of a cluster by four checks; with dryRun nothing is kept", 200, typeof(IdentityReviewList)) { Body = typeof(string), BodyType = "application/yaml" },
        ["GET /v1/reviews/identity"] = new("Lists what workloads were last seen as, or every identity that one was seen with", 200, typeof(IdentityReviewList)),
        ["GET /v1/reviews/identity/{id}"] = new("Shows a review of an identity", 200, typeof(IdentityReviewView)),
        ["POST /v1/reviews/identity/{id}/decision"] = new("Accepts or refuses what a workload is now", 200, typeof(IdentityReviewView)) { Body = typeof(IdentityDecision) },
        ["GET /v1/findings"] = new("Lists what is not as it should be, newest first", 200, typeof(FindingList)),
        ["GET /v1/templates/candidates"] = new("Lists templates that wait for a second person", 200, typeof(TemplateList)),
        ["POST /v1/templates/{name}/revisions/{revision}/activate"] = new("Activates another person's candidate", 200, typeof(TemplateView)),
        ["GET /v1/exceptions"] = new("Lists exceptions", 200, typeof(ExceptionList)),
        ["POST /v1/exceptions"] = new("Asks for an exception, which a second person approves", 201, typeof(ExceptionView)) { Body = typeof(ExceptionRequest) },
        ["GET /v1/exceptions/{id}"] = new("Shows an exception", 200, typeof(ExceptionView)),
        ["POST /v1/exceptions/{id}/approve"] = new("Approves what another person asked for", 200, typeof(ExceptionView)),
        ["DELETE /v1/exceptions/{id}"] = new("Takes back or ends an exception", 200, typeof(ExceptionView)),
        ["GET /v1/risk-acceptances"] = new("Lists risk acceptances", 200, typeof(ExceptionList)),
        ["POST /v1/risk-acceptances"] = new("Asks for a risk acceptance, which a second person approves", 201, typeof(ExceptionView)) { Body = typeof(RiskAcceptanceRequest) },
        ["GET /v1/risk-acceptances/{id}"] = new("Shows a risk acceptance", 200, typeof(ExceptionView)),
        ["POST /v1/risk-acceptances/{id}/approve"] = new("Approves what another person asked for", 200, typeof(ExceptionView)),
        ["DELETE /v1/risk-acceptances/{id}"] = new("Takes back or ends a risk acceptance", 200, typeof(ExceptionView)),
        ["GET /v1/breakglass"] = new("Lists break-glass", 200, typeof(ExceptionList)),
        ["POST /v1/breakglass"] = new("Opens break-glass for one instance; another person reviews it", 201, typeof(ExceptionView)) { Body = typeof(BreakGlassRequest) },
        ["GET /v1/breakglass/{id}"] = new("Shows a break-glass", 200, typeof(ExceptionView)),
        ["POST /v1/breakglass/{id}/review"] = new("Says whether another person's break-glass was justified", 200, typeof(ExceptionView)) { Body = typeof(ReviewRequest) },
        ["DELETE /v1/breakglass/{id}"] = new("Ends break-glass and its leases", 200, typeof(ExceptionView)),
        ["GET /v1/audit/checkpoints"] = new("Lists signed checkpoints of the audit tree, newest first", 200, typeof(CheckpointList)),
        ["GET /v1/audit/key"] = new("Keys that checkpoints are verified with, one on a line", 200, null),
        ["GET /v1/audit/export"] = new("Exports all evidence for verification offline, one JSON object on a line", 200, typeof(JsonElement)) { AnswerType = "application/x-ndjson" },
        ["GET /v1/audit/evidence"] = new("Bundles the evidence of a period, signed", 200, typeof(EvidenceBundle)),
        ["GET /v1/leases/{id}/evidence"] = new("Bundles the evidence of a lease, signed", 200, typeof(EvidenceBundle)),
        ["GET /v1/keys"] = new("Lists the broker's keys by name and time", 200, typeof(KeyList)),
        ["POST /v1/keys/rotate"] = new("Has a key followed by a new one", 200, typeof(KeyView)),
        ["POST /oauth2/token"] = new("Exchanges evidence for a credential (RFC 8693)", 200, typeof(JsonElement)) { Body = typeof(string), BodyType = "application/x-www-form-urlencoded" },
        ["POST /oauth2/revoke"] = new("Ends the lease of a token (RFC 7009)", 200, null) { Body = typeof(string), BodyType = "application/x-www-form-urlencoded" },
        ["GET /.well-known/oauth-authorization-server"] = new("Metadata of the authorization server (RFC 8414)", 200, typeof(JsonElement)),
        ["GET /.well-known/oauth-authorization-server/issuer/workload"] = new("The same, where its issuer's path puts it (RFC 8414 section 3.1)", 200, typeof(JsonElement)),
        ["POST /admission/{cluster}/mutate"] = new("Answers a cluster's API server before a pod is made: marks it (AdmissionReview, admission.k8s.io/v1)", 200, typeof(JsonElement)) { Body = typeof(string) },
        ["POST /admission/{cluster}/validate"] = new("Answers a cluster's API server once nothing changes the pod any more: records it as a candidate, or refuses it (AdmissionReview, admission.k8s.io/v1)", 200, typeof(JsonElement)) { Body = typeof(string) },
        ["POST /admission/{cluster}/audit"] = new("Takes what a cluster's API server did (EventList, audit.k8s.io/v1)", 200, null) { Body = typeof(string) },
        ["GET /v1/clusters"] = new("Lists the configured clusters", 200, typeof(ClusterList)),
        ["GET /v1/clusters/{name}/check"] = new("Looks at a cluster: reached, allowed what is needed, trusted by its own keys, asking as it should", 200, typeof(ClusterReport)),
        ["GET /ca/certificate"] = new("Certificates of the broker's authorities, PEM", 200, typeof(string)) { AnswerType = "application/x-pem-file" },
        ["GET /ca/crl"] = new("Revocation list of the authority that signs now, DER (RFC 5280)", 200, typeof(string)) { AnswerType = "application/pkix-crl" },
        ["GET /ca/crl/{authority}"] = new("Revocation list of one authority, DER", 200, typeof(string)) { AnswerType = "application/pkix-crl" },
        ["GET /ca/crls"] = new("Revocation lists of all authorities, PEM", 200, typeof(string)) { AnswerType = "application/x-pem-file" },
        ["GET /issuer/workload/status/{shard}"] = new("A status list of tokens, signed", 200, typeof(string)) { AnswerType = "application/statuslist+jwt" },
        ["GET /issuer/federation/.well-known/openid-configuration"] = new("Discovery of the federation issuer", 200, typeof(JsonElement)),
        ["GET /issuer/federation/.well-known/jwks.json"] = new("Public keys of the federation issuer (RFC 7517)", 200, typeof(JsonElement)),
        ["GET /issuer/signals/.well-known/jwks.json"] = new("Public keys that signals are verified with (RFC 7517)", 200, typeof(JsonElement)),
        ["GET /.well-known/ssf-configuration/issuer/signals"] = new("How signals are sent (OpenID Shared Signals Framework 1.0)", 200, typeof(JsonElement)),
        ["GET /issuer/status-list/.well-known/jwks.json"] = new("Public keys that status lists are verified with (RFC 7517)", 200, typeof(JsonElement)),
        ["GET /issuer/checkpoint/.well-known/jwks.json"] = new("Public keys that checkpoints are verified with (RFC 7517)", 200, typeof(JsonElement)),
        ["GET /issuer/ca/.well-known/jwks.json"] = new("Public keys of the certificate authority (RFC 7517)", 200, typeof(JsonElement)),
        ["GET /healthz/live"] = new("Whether the process answers", 200, null),
        ["GET /healthz/ready"] = new("Whether this replica may issue; 503 when it may not, with the same body; operators are told the parts", 200, typeof(HealthView)),
        ["GET /metrics"] = new("Metrics in the Prometheus text format 0.0.4", 200, null),
    };

    /// <summary>Null for a route that nothing is told about but its path and access.</summary>
    public static ApiRow? Find(string method, string route) => Rows.GetValueOrDefault($"{method} {route}");

    public static IEnumerable<string> Described => Rows.Keys;
}
