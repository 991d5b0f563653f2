using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Exceptions;
using CredentialBroker.Protocol.Selectors;

namespace CredentialBroker.Exceptions;

internal enum RecordKind
{
    Exception = 1,
    RiskAcceptance = 2,
    BreakGlass = 3,
}

internal enum RecordState
{
    Requested = 1,
    Approved = 2,
    Refused = 3,
    Ended = 4,
}

/// <summary>What was bent, by whom, until when. Times are UTC milliseconds.</summary>
internal sealed record ExceptionRecord
{
    public required string Id { get; init; }
    public required RecordKind Kind { get; init; }
    public required RecordState State { get; init; }
    /// <summary>What configuration calls a risk acceptance; empty for the other kinds.</summary>
    public required string Name { get; init; }
    public required IReadOnlyList<string> Templates { get; init; }
    public string? SelectorText { get; init; }
    /// <summary>What an exception lets its templates do; null for the other kinds.</summary>
    public ExceptionTerms? Terms { get; init; }
    public required Owners Owners { get; init; }
    public required string Reason { get; init; }
    public required string Ticket { get; init; }
    public required string RequestedBy { get; init; }
    public required long RequestedAt { get; init; }
    /// <summary>How long it stands once it begins, in milliseconds.</summary>
    public required long Length { get; init; }
    public string? ApprovedBy { get; init; }
    public long? ApprovedAt { get; init; }
    /// <summary>Null until it is approved, where the request names no begin.</summary>
    public long? StartsAt { get; init; }
    public long? EndsAt { get; init; }
    public string? EndedBy { get; init; }
    public long? EndedAt { get; init; }
    public string? ReviewedBy { get; init; }
    public long? ReviewedAt { get; init; }
    public string? Review { get; init; }
    /// <summary>When the finding about a missing review was raised.</summary>
    public long? FlaggedAt { get; init; }
    /// <summary>Approval that break-glass made.</summary>
    public string? ApprovalId { get; init; }

    /// <summary>Approved by another person, begun, and not over.</summary>
    public bool IsLive(long now) =>
        State == RecordState.Approved && StartsAt <= now && EndsAt > now
        && ApprovedBy is { Length: > 0 } approver && !string.Equals(approver.Trim(), RequestedBy.Trim(), StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether it speaks of this claim; a selector that cannot be read selects nothing.</summary>
    public bool Covers(string template, Func<string, string?> dimensions) =>
        Templates.Contains(template, StringComparer.Ordinal)
        && (SelectorText is null || (Selector.TryParse(SelectorText, out var selector, out _) && selector.Matches(dimensions)));

    /// <summary>The state as people see it.</summary>
    public string StateAt(long now) => State switch
    {
        RecordState.Requested => "requested",
        RecordState.Refused => "refused",
        RecordState.Ended => EndedBy is null ? "over" : "ended",
        _ when EndsAt <= now => "over",
        _ when StartsAt > now => "approved",
        _ => "live",
    };
}

/// <summary>The words of each kind: in audit records, answers and paths.</summary>
internal sealed record RecordWords(string Event, string Path, string Noun)
{
    public static RecordWords Of(RecordKind kind) => kind switch
    {
        RecordKind.Exception => new RecordWords("exception", "/v1/exceptions", "exception"),
        RecordKind.RiskAcceptance => new RecordWords("risk_acceptance", "/v1/risk-acceptances", "risk acceptance"),
        RecordKind.BreakGlass => new RecordWords("breakglass", "/v1/breakglass", "break-glass"),
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };
}
