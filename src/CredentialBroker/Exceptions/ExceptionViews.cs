using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Exceptions;

namespace CredentialBroker.Exceptions;

/// <summary>Records in the words of the wire.</summary>
internal static class ExceptionViews
{
    public static ExceptionView Of(ExceptionRecord record, long now, TimeSpan reviewWithin) => new()
    {
        Id = record.Id,
        Kind = RecordWords.Of(record.Kind).Event,
        State = record.StateAt(now),
        Name = record.Name.Length == 0 ? null : record.Name,
        Templates = record.Templates,
        Selector = record.SelectorText,
        May = record.Terms,
        Owners = record.Owners,
        Reason = record.Reason,
        Ticket = record.Ticket.Length == 0 ? null : record.Ticket,
        RequestedBy = record.RequestedBy,
        RequestedAt = DateTimeOffset.FromUnixTimeMilliseconds(record.RequestedAt),
        For = Durations.Format(TimeSpan.FromMilliseconds(record.Length)),
        ApprovedBy = record.ApprovedBy,
        StartsAt = At(record.StartsAt),
        EndsAt = At(record.EndsAt),
        EndedBy = record.EndedBy,
        ReviewBy = record.Kind == RecordKind.BreakGlass ? DateTimeOffset.FromUnixTimeMilliseconds(record.RequestedAt) + reviewWithin : null,
        ReviewedBy = record.ReviewedBy,
        Review = record.Review,
        Approval = record.ApprovalId,
    };

    private static DateTimeOffset? At(long? ms) => ms is { } known ? DateTimeOffset.FromUnixTimeMilliseconds(known) : null;
}
