namespace CredentialBroker.Protocol.Incidents;

/// <summary>Body of <c>POST /v1/revocations</c>. The header <c>Idempotency-Key</c> is required beside it, but for a preview.</summary>
/// <param name="Selector">Which leases; <c>--all</c> for everything.</param>
/// <param name="Reason">Why; recorded.</param>
/// <param name="Freeze">Also stop issuing what the selector covers, before the first lease is ended, so that nothing is issued anew in between.</param>
/// <param name="DryRun">Only tell what it would end.</param>
public sealed record RevocationRequest(string Selector, string Reason, bool Freeze = false, bool DryRun = false);

/// <summary>Body of <c>POST /v1/revocations/{id}/confirm</c>.</summary>
/// <param name="Token">The <c>confirmToken</c> of the revocation that was looked at.</param>
public sealed record ConfirmRequest(string Token);

/// <summary>Leases that are alike in what ending them means.</summary>
/// <param name="Backend">Kind of credential.</param>
/// <param name="Target">Where it is honoured.</param>
/// <param name="Environment">Environment.</param>
/// <param name="Template">Template.</param>
/// <param name="Owner">Who answers for the template's runtime; absent when it is not active any more.</param>
/// <param name="Revocability">What ending means.</param>
/// <param name="Leases">How many.</param>
/// <param name="ExpectedLatency">How soon an ended credential is expected to be refused, such as <c>2s</c>; absent where nothing ends it before its own expiry.</param>
/// <param name="UsableUntil">When the last of them is dead by itself.</param>
public sealed record PreviewGroup(
    string Backend, string Target, string Environment, string Template, string? Owner, Revocability Revocability, long Leases, string? ExpectedLatency, DateTimeOffset UsableUntil)
{
    /// <summary>How many of them could be issued anew at once, since their approval still stands: what a freeze stops.</summary>
    public long Reissuable { get; init; }
}

/// <summary>What a revocation would end. Nothing was changed.</summary>
/// <param name="Selector">The selector, narrowed to what the operator reaches.</param>
/// <param name="Leases">How many leases.</param>
/// <param name="Sentence">How many die how soon, and what stays usable until when, in words.</param>
/// <param name="Groups">Counted by backend, target, environment, template and revocability; most first.</param>
/// <param name="Workloads">Workloads that would lose the most leases, most first, at most twenty.</param>
/// <param name="NeedsConfirmation">Whether another person has to confirm it.</param>
public sealed record PreviewView(
    string Selector, long Leases, string Sentence, IReadOnlyList<PreviewGroup> Groups, IReadOnlyList<PreviewWorkload> Workloads, bool NeedsConfirmation);

/// <summary>A workload that would lose access.</summary>
/// <param name="Workload">Its URI.</param>
/// <param name="Leases">How many of its leases.</param>
public sealed record PreviewWorkload(string Workload, long Leases);

/// <summary>A bulk revocation.</summary>
public sealed record RevocationView
{
    /// <summary>State while another person has to confirm it.</summary>
    public const string AwaitingConfirmation = "awaiting_confirmation";
    /// <summary>State while leases are being taken.</summary>
    public const string Selecting = "selecting";
    /// <summary>State while what was taken is being ended.</summary>
    public const string Ending = "ending";
    /// <summary>State when all that was taken has ended.</summary>
    public const string Finished = "finished";
    /// <summary>State when it was called off; what had been taken by then is ended all the same.</summary>
    public const string Cancelled = "cancelled";

    /// <summary>Identifier.</summary>
    public required string Id { get; init; }
    /// <summary>Which leases.</summary>
    public required string Selector { get; init; }
    /// <summary>Why.</summary>
    public required string Reason { get; init; }
    /// <summary><c>awaiting_confirmation</c>, <c>selecting</c>, <c>ending</c>, <c>finished</c> or <c>cancelled</c>.</summary>
    public required string State { get; init; }
    /// <summary>Who asked.</summary>
    public required string AskedBy { get; init; }
    /// <summary>When.</summary>
    public required DateTimeOffset AskedAt { get; init; }
    /// <summary>How many leases it would have ended when it was asked for.</summary>
    public required long Previewed { get; init; }
    /// <summary>Leases taken so far.</summary>
    public required long Taken { get; init; }
    /// <summary>Of those, ended at their target.</summary>
    public required long Ended { get; init; }
    /// <summary>Of those, not ended yet.</summary>
    public required long Remaining { get; init; }
    /// <summary>Of the remaining, leases whose ending failed and is tried again.</summary>
    public required long Failing { get; init; }
    /// <summary>When the last of the remaining is dead by itself.</summary>
    public DateTimeOffset? UsableUntil { get; init; }
    /// <summary>Remaining leases that fail, with the reason; at most a hundred.</summary>
    public IReadOnlyList<RevocationFailure>? Failures { get; init; }
    /// <summary>What another person sends to confirm this very revocation; only while it waits for that.</summary>
    public string? ConfirmToken { get; init; }
    /// <summary>Who confirmed it.</summary>
    public string? ConfirmedBy { get; init; }
    /// <summary>The freeze that was set with it.</summary>
    public string? Freeze { get; init; }
    /// <summary>Who called it off.</summary>
    public string? CancelledBy { get; init; }
    /// <summary>When the last lease had ended.</summary>
    public DateTimeOffset? FinishedAt { get; init; }
}

/// <summary>A lease whose ending fails.</summary>
/// <param name="Lease">The lease.</param>
/// <param name="Target">Its backend and target.</param>
/// <param name="Attempts">How often it failed.</param>
/// <param name="Error">The last error.</param>
/// <param name="UsableUntil">When its credential is dead by itself.</param>
public sealed record RevocationFailure(string Lease, string Target, int Attempts, string? Error, DateTimeOffset UsableUntil);

/// <summary>Bulk revocations, newest first.</summary>
public sealed record RevocationList(IReadOnlyList<RevocationView> Revocations);
