using CredentialBroker.Protocol;

namespace CredentialBroker.Approvals.Intake;

/// <summary>
/// What a source says, as it was written. Times are Unix seconds. The wire format is told in <c>docs/approvals.md</c>.
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
        public ImageFacts? Image { get; init; }
        public string? Task { get; init; }
        public required string Tier { get; init; }
        public Intent? Intent { get; init; }
        public string? Requester { get; init; }
        public required IReadOnlyList<string> Approvers { get; init; }
        public long? NotBefore { get; init; }
        public long? ClaimBy { get; init; }
        public long? ValidUntil { get; init; }
        public required int MaxUses { get; init; }
        public Circumstances Circumstances { get; init; } = Circumstances.None;
    }

    /// <param name="State"><see cref="ApprovalState.Denied"/> or <see cref="ApprovalState.Withdrawn"/>.</param>
    internal sealed record Stopped(string Reference, ApprovalState State) : ApprovalDocument;

    /// <summary>An image that was approved is not trusted any more, whatever was verified of it before (R63).</summary>
    internal sealed record ImageRefused(string Digest) : ApprovalDocument;

    internal sealed record TaskFinished(string Task) : ApprovalDocument;
}
