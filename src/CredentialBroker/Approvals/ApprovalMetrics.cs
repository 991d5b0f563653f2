using System.Diagnostics.Metrics;

namespace CredentialBroker.Approvals;

/// <summary>What arrives, counted. Bodies that prove nothing about their sender are counted only: recording each would let anyone fill the store.</summary>
internal sealed class ApprovalMetrics
{
    public const string MeterName = "CredentialBroker.Approvals";

    private readonly Counter<long> _refused;
    private readonly Counter<long> _accepted;

    public ApprovalMetrics(IMeterFactory factory)
    {
        var meter = factory.Create(MeterName);
        _refused = meter.CreateCounter<long>("credbroker.approvals.refused", "{document}", "Approval documents refused, by `source` and reason `code`.");
        _accepted = meter.CreateCounter<long>("credbroker.approvals.accepted", "{document}", "Approval documents recorded, by `source` and `effect`.");
    }

    /// <param name="source">A configured name, or null when the URL named none: senders do not choose label values.</param>
    public void Refused(string? source, string code) =>
        _refused.Add(1, new KeyValuePair<string, object?>("source", source ?? "unknown"), new KeyValuePair<string, object?>("code", code));

    public void Accepted(string source, string effect) =>
        _accepted.Add(1, new KeyValuePair<string, object?>("source", source), new KeyValuePair<string, object?>("effect", effect));
}
