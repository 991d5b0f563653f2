namespace CredentialBroker.Protocol.Alarms;

/// <summary>Something that a source outside saw.</summary>
/// <param name="Id">Identifier.</param>
/// <param name="Source">Who told it.</param>
/// <param name="Type">What was seen, such as <c>exec</c> or <c>falco:critical:Terminal shell in container</c>.</param>
/// <param name="ReceivedAt">When it was told.</param>
/// <param name="Leases">How many live leases it was seen at.</param>
/// <param name="Acts">What was done: <c>revoke</c> or <c>freeze</c> with an id, <c>recheck</c>, <c>exposure</c>; empty when it was only recorded.</param>
public sealed record AlarmView(string Id, string Source, string Type, DateTimeOffset ReceivedAt, long Leases, IReadOnlyList<string> Acts)
{
    /// <summary>What it was seen at; absent when nothing of it is known here.</summary>
    public string? Selector { get; init; }
    /// <summary>What the source said about it.</summary>
    public string? Detail { get; init; }
    /// <summary>When it was seen, if the source said.</summary>
    public DateTimeOffset? HappenedAt { get; init; }
}

/// <summary>Alarms, newest first.</summary>
public sealed record AlarmList(IReadOnlyList<AlarmView> Alarms);

/// <summary>Why a security event token was not taken (RFC 8935 section 2.3).</summary>
/// <param name="Err"><c>invalid_request</c>, <c>invalid_key</c>, <c>invalid_issuer</c>, <c>invalid_audience</c>, <c>authentication_failed</c> or <c>access_denied</c>.</param>
/// <param name="Description">What was wrong with it.</param>
public sealed record SetRefusal(string Err, string Description);

/// <summary>Body of <c>POST /v1/exposures</c>: one of <see cref="Lease"/>, <see cref="Secret"/> and <see cref="Selector"/>.</summary>
/// <param name="Reason">Why it is reported; recorded.</param>
/// <param name="FoundIn">Where it was found; recorded.</param>
public sealed record ExposureRequest(string Reason, string? FoundIn = null)
{
    /// <summary>The lease whose credential it is.</summary>
    public string? Lease { get; init; }
    /// <summary>The text that was found: a token, a credential as the broker answered it, or whatever they stand in. It is matched by keyed fingerprint and by name, and kept nowhere.</summary>
    public string? Secret { get; init; }
    /// <summary>The leases whose credentials they are.</summary>
    public string? Selector { get; init; }

    /// <summary>Without what was found.</summary>
    public override string ToString() => $"{nameof(ExposureRequest)} {{ Lease = {Lease}, Selector = {Selector} }}";
}

/// <summary>A credential that was found where it must not be, and what became of it.</summary>
/// <param name="Id">Identifier.</param>
/// <param name="How"><c>lease</c>, <c>secret</c> or <c>selector</c>: how it was named.</param>
/// <param name="Known">Whether a lease of this broker is known to be of it.</param>
/// <param name="Leases">How many of its leases were not over when it was reported.</param>
/// <param name="Reason">Why it was reported.</param>
/// <param name="ReportedBy">Who reported it.</param>
/// <param name="ReportedAt">When.</param>
public sealed record ExposureView(string Id, string How, bool Known, long Leases, string Reason, string ReportedBy, DateTimeOffset ReportedAt)
{
    /// <summary>The leases that it is about.</summary>
    public string? Selector { get; init; }
    /// <summary>Where it was found.</summary>
    public string? FoundIn { get; init; }
    /// <summary>The revocation that ends them.</summary>
    public string? Revocation { get; init; }
    /// <summary>When the last of them was ended; absent while one is not.</summary>
    public DateTimeOffset? DeadAt { get; init; }
    /// <summary>How long after the report that was, in milliseconds.</summary>
    public long? DeadAfterMs { get; init; }
}

/// <summary>Exposures, newest first.</summary>
/// <param name="Exposures">The reports.</param>
/// <param name="MeanMs">How long it took on average until what they tell of was dead, in milliseconds.</param>
public sealed record ExposureList(IReadOnlyList<ExposureView> Exposures, long? MeanMs = null);
