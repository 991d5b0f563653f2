using System.Text.Json;

namespace CredentialBroker.Protocol.Leases;

/// <summary>Body of <c>POST /v1/leases</c>. The header <c>Idempotency-Key</c> is required beside it.</summary>
/// <param name="Template">Name of an activated template.</param>
/// <param name="Ttl">Wanted life such as <c>5m</c>, at most the template's; absent asks for the template's.</param>
/// <param name="Intent">Scopes and parameters wanted; absent asks for all that template and approval grant.</param>
/// <param name="Nonce">The approval's nonce, where the approval is bound by one.</param>
/// <param name="Csr">A PKCS #10 signing request in PEM of at most 8 KiB, for a certificate with a key of the workload's own; only its key is used.</param>
public sealed record ClaimRequest(string Template, string? Ttl = null, Intent? Intent = null, string? Nonce = null, string? Csr = null);

/// <summary>Body of <c>POST /v1/leases/{id}/renew</c>; may be empty.</summary>
/// <param name="Ttl">Wanted further life; absent asks for the template's.</param>
/// <param name="Csr">A signing request as in the claim, for the next certificate.</param>
public sealed record RenewRequest(string? Ttl = null, string? Csr = null);

/// <summary>A lease as people and workloads see it. Times are RFC 3339 in UTC.</summary>
public sealed record LeaseView
{
    /// <summary>Identifier.</summary>
    public required string Id { get; init; }
    /// <summary><c>pending</c>, <c>active</c>, <c>ending</c> or <c>ended</c>.</summary>
    public required string State { get; init; }
    /// <summary>Template it was issued from.</summary>
    public required string Template { get; init; }
    /// <summary>Hash of the template's text at issue.</summary>
    public required string TemplateRevision { get; init; }
    /// <summary>Kind of credential.</summary>
    public required string Backend { get; init; }
    /// <summary>Where it is honoured.</summary>
    public required string Target { get; init; }
    /// <summary>Environment of template, approval and lease.</summary>
    public required string Environment { get; init; }
    /// <summary>Unit of work whose end ends the lease.</summary>
    public required string Task { get; init; }
    /// <summary>Approval it rests on.</summary>
    public required string Approval { get; init; }
    /// <summary>Decision that granted it.</summary>
    public required string Decision { get; init; }
    /// <summary>Workload URI.</summary>
    public required string Workload { get; init; }
    /// <summary>Trust source that vouched for the workload.</summary>
    public required string Source { get; init; }
    /// <summary>The running instance.</summary>
    public required string Instance { get; init; }
    /// <summary>When it was issued.</summary>
    public required DateTimeOffset IssuedAt { get; init; }
    /// <summary>When it is over.</summary>
    public required DateTimeOffset EndsAt { get; init; }
    /// <summary>Why then: <c>ttl</c>, <c>max_ttl</c>, <c>approval_end</c>, or what brought the end forward.</summary>
    public required string EndsBecause { get; init; }
    /// <summary>No renewal passes this.</summary>
    public required DateTimeOffset MaxEndsAt { get; init; }
    /// <summary>When the credential is dead at the latest by its own expiry.</summary>
    public required DateTimeOffset DiesBy { get; init; }
    /// <summary>What ending means for this credential.</summary>
    public required Revocability Revocability { get; init; }
    /// <summary>Why it ended or is being ended.</summary>
    public string? Cause { get; init; }
    /// <summary>When the target confirmed the end.</summary>
    public DateTimeOffset? EndedAt { get; init; }
    /// <summary>Failed attempts to end it.</summary>
    public int Attempts { get; init; }
    /// <summary>Ending failed often; it is still retried.</summary>
    public bool Stuck { get; init; }
    /// <summary>What the target last said, scrubbed.</summary>
    public string? LastError { get; init; }
    /// <summary>Keyed fingerprint of the credential.</summary>
    public string? Fingerprint { get; init; }
    /// <summary>Exception that it rests on, whose end ends it.</summary>
    public string? Exception { get; init; }
    /// <summary>A legacy check-out: rotated when it is given back, and no equivalent of a credential of the workload's own.</summary>
    public bool NotEquivalent { get; init; }
    /// <summary>When its credential, a canary's, was first refused after its end was asked for.</summary>
    public DateTimeOffset? SeenDeadAt { get; init; }
    /// <summary>Milliseconds from asking for the end to that refusal.</summary>
    public long? TimeToDeadMs { get; init; }
    /// <summary>When its credential, a canary's, was still honoured though its end was asked for longer ago than expected.</summary>
    public DateTimeOffset? SeenAliveAt { get; init; }
}

/// <summary>Answer to a claim or renewal. The credential is present once: in the first answer to the claim.</summary>
/// <param name="Lease">The lease.</param>
/// <param name="Credential">The credential's members; absent on a replay and where a renewal keeps the same credential.</param>
/// <param name="Replayed">True when this idempotency key was granted before: end the lease and claim anew.</param>
/// <param name="Delivery">How its template lets the credential be handed on; absent where only as it is anyway: from memory and in files there.</param>
public sealed record LeaseAnswer(LeaseView Lease, JsonElement? Credential = null, bool Replayed = false, Delivery? Delivery = null);

/// <summary>How a template lets its credential be handed on, beyond what is always allowed.</summary>
/// <param name="Env"><c>accepted</c> where it may be put into an environment variable; <c>refused</c> else.</param>
public sealed record Delivery(string Env)
{
    /// <summary>The word that allows it.</summary>
    public const string Accepted = "accepted";
    /// <summary>The word that does not.</summary>
    public const string Refused = "refused";
}

/// <summary>A page of leases.</summary>
/// <param name="Leases">Newest first.</param>
/// <param name="Next">Pass as <c>before</c> for the next page; null on the last.</param>
public sealed record LeasePage(IReadOnlyList<LeaseView> Leases, string? Next = null);
