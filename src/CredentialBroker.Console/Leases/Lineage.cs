using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Approvals;
using CredentialBroker.Protocol.Leases;
using CredentialBroker.WebConsole.Frame;

namespace CredentialBroker.WebConsole.Leases;

/// <summary>One step on a lease's way.</summary>
/// <param name="Kind"><c>past</c>, <c>now</c>, <c>ahead</c> or <c>bad</c>.</param>
public sealed record Step(string Name, string What, string? Detail, DateTimeOffset? At, string Kind, string? Address = null);

/// <summary>A lease's way: approval, workload, decision, lease, probes, end.</summary>
internal static class Lineage
{
    public static IReadOnlyList<Step> Of(LeaseView lease, ApprovalView? approval, LeaseEvidence? evidence) =>
    [
        approval is null
            ? new Step("Approval", lease.Approval, "not shown to your roles, or the broker's own", null, "past")
            : new Step("Approval", $"{approval.Source}: {approval.Reference}", Join(approval.Requester, approval.Approvers), approval.ReceivedAt, "past", $"{Menu.Approvals}/{approval.Id}"),
        new Step("Workload", lease.Workload, $"{lease.Instance}, vouched for by {lease.Source}", null, "past", LeasePages.AddressOf($"workload={lease.Workload}")),
        new Step("Decision", lease.Decision, Decided(evidence), evidence?.Records.FirstOrDefault(record => record.Type == "credential.decision")?.At ?? lease.IssuedAt, "past"),
        new Step("Lease", $"{lease.Backend}/{lease.Target}", $"{lease.Template}, {Words.Meaning(lease.Revocability)}", lease.IssuedAt, lease.State is "active" or "pending" ? "now" : "past"),
        Probed(lease),
        Ended(lease),
    ];

    private static string Join(string? requester, IReadOnlyList<string> approvers) =>
        string.Join(", ", new[] { requester is null ? null : $"asked for by {requester}", approvers.Count == 0 ? null : $"approved by {string.Join(", ", approvers)}" }.OfType<string>());

    private static string Decided(LeaseEvidence? evidence) => evidence?.Records.FirstOrDefault(record => record.Type == "credential.decision") is { } decision
        ? $"granted, evidence of strength {decision.Strength}"
        : "granted";

    private static Step Probed(LeaseView lease) => lease switch
    {
        { SeenAliveAt: { } alive, SeenDeadAt: null } => new Step("Probes", "still honoured", "after its end was asked for, later than expected", alive, "bad"),
        { SeenDeadAt: { } dead } => new Step("Probes", "seen refused", lease.TimeToDeadMs is { } ms ? $"{Words.Count(ms)} ms after its end was asked for" : null, dead, "past"),
        { State: "ended" } => new Step("Probes", "not probed", "the target's confirmation stands alone", null, "past"),
        _ => new Step("Probes", "after its end", "where the template names a harmless action", null, "ahead"),
    };

    private static Step Ended(LeaseView lease) => lease switch
    {
        { State: "ended" } => new Step("End", $"ended: {Plain(lease.Cause)}", "the target confirmed, or it died of itself", lease.EndedAt, "past"),
        { State: "ending", Stuck: true } => new Step("End", $"stuck: {Plain(lease.Cause)}", $"failed {lease.Attempts} times, tried again; dead by itself by {Words.Instant(lease.DiesBy)}", lease.EndsAt, "bad"),
        { State: "ending" } => new Step("End", $"being ended: {Plain(lease.Cause)}", $"dead by itself by {Words.Instant(lease.DiesBy)}", lease.EndsAt, "now"),
        _ => new Step("End", $"over by {Plain(lease.EndsBecause)}", $"dead at the latest {Words.Instant(lease.DiesBy)}", lease.EndsAt, "ahead"),
    };

    private static string Plain(string? code) => (code ?? "").Replace('_', ' ');
}
