using CredentialBroker.Audit;
using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Exceptions;

/// <summary>Audit records about records. Each names the owners (R39) and who did it.</summary>
internal sealed class ExceptionEvents(AuditChain chain, TimeProvider clock)
{
    /// <param name="what">Such as <c>requested</c> or <c>approved</c>; the kind goes before it.</param>
    public Work Told(ExceptionRecord record, string what, string? by, string? detail = null, string? cause = null) =>
        (AuditEvent.Of(clock, $"{RecordWords.Of(record.Kind).Event}.{what}", Streams.Control) with
        {
            Subject = record.Id,
            Actor = by,
            Approval = record.ApprovalId,
            Template = string.Join(", ", record.Templates),
            Owners = record.Owners,
            Detail = detail ?? $"{(record.Name.Length == 0 ? "" : $"{record.Name}: ")}{record.Reason}{(record.Ticket.Length == 0 ? "" : $"; ticket {record.Ticket}")}",
            Cause = cause,
        }).On(chain);
}
