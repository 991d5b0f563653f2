using System.Diagnostics.Metrics;
using CredentialBroker.Policy;

namespace CredentialBroker.Issuance;

/// <summary>What happened, counted. Instruments are named after the design's words.</summary>
internal sealed class BrokerMetrics : IDisposable
{
    private readonly Meter _meter = new("CredentialBroker");
    private readonly Counter<long> _decisions;
    private readonly Counter<long> _risks;

    public BrokerMetrics()
    {
        _decisions = _meter.CreateCounter<long>("credbroker.decisions", description: "Decisions by operation and reason code.");
        _risks = _meter.CreateCounter<long>("credbroker.risk_acceptances.used", description: "Policy faults that a risk acceptance passed over.");
        _meter.CreateObservableGauge("credbroker.leases", () => Outstanding.Live, description: "Leases that are not over.");
        _meter.CreateObservableGauge("credbroker.leases.overdue", () => Outstanding.Overdue, description: "Leases whose end is late by more than a minute.");
        _meter.CreateObservableGauge("credbroker.leases.stuck", () => Outstanding.Stuck, description: "Leases whose ending failed often; still tried.");
    }

    /// <summary>Counted by the refresh job, so that a scrape costs the store nothing.</summary>
    public (long Live, long Overdue, long Stuck) Outstanding { get; set; }

    public void Decided(string operation, string code) =>
        _decisions.Add(1, new KeyValuePair<string, object?>("operation", operation), new KeyValuePair<string, object?>("code", code));

    /// <summary>Counts the use of a risk acceptance, where one was used.</summary>
    public void RiskUsed(Verdict external)
    {
        if (external is Verdict.RiskAccepted risk) _risks.Add(1, new KeyValuePair<string, object?>("acceptance", risk.AcceptanceId));
    }

    public void Dispose() => _meter.Dispose();
}
