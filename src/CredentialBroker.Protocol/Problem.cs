using System.Text.Json.Serialization;

namespace CredentialBroker.Protocol;

/// <summary>An error answer, <c>application/problem+json</c> (RFC 9457).</summary>
public sealed record Problem
{
    /// <summary>Short summary of the kind of problem.</summary>
    public required string Title { get; init; }

    /// <summary>HTTP status, repeated.</summary>
    public required int Status { get; init; }

    /// <summary>Stable reason code, see <see cref="ReasonCodes"/>.</summary>
    public required string Code { get; init; }

    /// <summary>What happened and what to do next. Workloads get less than operators.</summary>
    public string? Detail { get; init; }

    /// <summary>Id of the decision that was recorded, for asking an operator about it.</summary>
    public string? Decision { get; init; }

    /// <summary>The policy clause that failed; operators only.</summary>
    public string? Clause { get; init; }

    /// <summary>Every mistake of a document, as <c>file:line: path: message</c>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? Mistakes { get; init; }
}
