using CredentialBroker.Cli.Output;
using CredentialBroker.Protocol.Exceptions;

namespace CredentialBroker.Cli.Commands;

/// <summary>The word of each kind on the command line.</summary>
internal static class RecordWord
{
    public static string Of(ExceptionKind kind) => kind switch
    {
        ExceptionKind.Exception => "exception",
        ExceptionKind.RiskAcceptance => "risk",
        ExceptionKind.BreakGlass => "breakglass",
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };
}

/// <summary>Exceptions, risk acceptances and break-glass for people.</summary>
internal static class RecordText
{
    public static void Table(Shell shell, IReadOnlyList<ExceptionView> records)
    {
        var table = new Table("ID", "STATE", "TEMPLATES", "UNTIL", "BY", "APPROVED BY", "TICKET", "REASON");
        foreach (var one in records) table.Add(one.Id, one.State, string.Join(',', one.Templates), Times.Of(one.EndsAt), one.RequestedBy, one.ApprovedBy, one.Ticket, one.Reason);
        table.Write(shell);
    }

    public static void Write(Shell shell, ExceptionView one) => Details.Write(shell,
        ("id", one.Id),
        ("kind", one.Kind),
        ("state", one.State),
        ("name", one.Name),
        ("templates", string.Join(", ", one.Templates)),
        ("selector", one.Selector),
        ("may", one.May is { } may ? May(may) : null),
        ("owners", $"{one.Owners.Runtime}, {one.Owners.Policy}, {one.Owners.Operator}"),
        ("reason", one.Reason),
        ("ticket", one.Ticket),
        ("requested", $"{Times.Of(one.RequestedAt)} by {one.RequestedBy} for {one.For}"),
        ("approved by", one.ApprovedBy),
        ("begins", Times.Of(one.StartsAt)),
        ("ends", Times.Of(one.EndsAt)),
        ("ended by", one.EndedBy),
        ("review by", Times.Of(one.ReviewBy)),
        ("reviewed by", one.ReviewedBy),
        ("review", one.Review),
        ("approval", one.Approval));

    private static string May(ExceptionTerms may) => string.Join(", ", new[]
    {
        may.Ttl is null ? null : $"ttl {may.Ttl}",
        may.ConcurrentLeases is null ? null : $"concurrentLeases {may.ConcurrentLeases}",
        may.FirstClaimBinding ? "firstClaimBinding" : null,
    }.OfType<string>());
}
