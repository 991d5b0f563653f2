using CredentialBroker.Protocol;

namespace CredentialBroker.Approvals.Jws;

/// <summary>
/// What a source signed in the member <c>approval</c>, as it was written. Times are Unix seconds, as in the token
/// around it. The wire format is told in <c>docs/approvals.md</c>.
/// </summary>
internal abstract record ApprovalDocument
{
    private ApprovalDocument() { }

    internal sealed record Approved : ApprovalDocument
    {
        public required string Reference { get; init; }
        public required string Environment { get; init; }
        public required IReadOnlyList<string> Templates { get; init; }
        public required string Workload { get; init; }
        public string? Instance { get; init; }
        public string? Nonce { get; init; }
        public required IReadOnlyDictionary<string, string> Facts { get; init; }
        public string? Task { get; init; }
        public required string Tier { get; init; }
        public Intent? Intent { get; init; }
        public string? Requester { get; init; }
        public required IReadOnlyList<string> Approvers { get; init; }
        public long? NotBefore { get; init; }
        public long? ClaimBy { get; init; }
        public long? ValidUntil { get; init; }
        public required int MaxUses { get; init; }
    }

    /// <param name="State"><see cref="ApprovalState.Denied"/> or <see cref="ApprovalState.Withdrawn"/>.</param>
    internal sealed record Stopped(string Reference, ApprovalState State) : ApprovalDocument;

    internal sealed record TaskFinished(string Task) : ApprovalDocument;
}

/// <summary>Outcome of reading a document.</summary>
internal abstract record Parsed
{
    private Parsed() { }

    internal sealed record As(ApprovalDocument Document) : Parsed;

    /// <param name="Detail">The member and what is wrong with it; never quotes a value.</param>
    internal sealed record Malformed(string Detail) : Parsed;
}
