using System.Diagnostics.Metrics;

namespace CredentialBroker.Approvals;

/// <summary>What arrives, counted. Bodies that prove nothing about their sender are counted only: recording each would let anyone fill the store.</summary>
internal static class ApprovalMetrics
{
    public const string MeterName = "CredentialBroker.Approvals";

    private static readonly Meter Meter = new(MeterName);

    private static readonly Counter<long> RefusedCounter = Meter.CreateCounter<long>(
        "credbroker.approvals.refused", "{document}", "Approval documents refused, by source and reason code");

    private static readonly Counter<long> AcceptedCounter = Meter.CreateCounter<long>(
        "credbroker.approvals.accepted", "{document}", "Approval documents recorded, by source and effect");

    /// <param name="source">A configured name, or null when the URL named none: senders do not choose label values.</param>
    public static void Refused(string? source, string code) =>
        RefusedCounter.Add(1, new KeyValuePair<string, object?>("source", source ?? "unknown"), new KeyValuePair<string, object?>("code", code));

    public static void Accepted(string source, string effect) =>
        AcceptedCounter.Add(1, new KeyValuePair<string, object?>("source", source), new KeyValuePair<string, object?>("effect", effect));
}
