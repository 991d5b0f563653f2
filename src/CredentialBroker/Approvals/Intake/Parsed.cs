using CredentialBroker.Protocol;

namespace CredentialBroker.Approvals.Intake;

/// <summary>Outcome of reading a document that its source was proven to have sent.</summary>
internal abstract record Parsed
{
    private Parsed() { }

    internal sealed record As(ApprovalDocument Document) : Parsed;

    /// <param name="Detail">The member and what is wrong with it; never quotes a value.</param>
    internal sealed record Malformed(string Detail) : Parsed;

    /// <summary>An event of a type that means nothing here: refused, because ignoring it would look like having heard it.</summary>
    internal sealed record OtherType(string Detail) : Parsed;

    /// <summary>The document under the names of the events that brought it.</summary>
    public Verified Under(IReadOnlyList<string> events, long keepUntil) => this switch
    {
        As parsed => new Verified.As(events, keepUntil, parsed.Document),
        Malformed malformed => new Verified.Refused(ReasonCodes.ApprovalMalformed, malformed.Detail, Authentic: true, events[0]),
        OtherType other => new Verified.Refused(ReasonCodes.EventType, other.Detail, Authentic: true, events[0]),
        _ => throw new InvalidOperationException($"no verdict on {GetType().Name}"),
    };
}
