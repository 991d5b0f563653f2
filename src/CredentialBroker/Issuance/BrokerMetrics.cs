using System.Diagnostics.Metrics;
using CredentialBroker.Policy;

namespace CredentialBroker.Issuance;

/// <summary>What happened, counted. Instruments are named after the design's words.</summary>
internal sealed class BrokerMetrics
{
    private readonly Counter<long> _decisions;
    private readonly Counter<long> _risks;

    public BrokerMetrics(IMeterFactory factory)
    {
        var meter = factory.Create("CredentialBroker");
        _decisions = meter.CreateCounter<long>("credbroker.decisions", "{decision}", description: "Decisions, by `operation` (claim, renew) and reason `code`.");
        _risks = meter.CreateCounter<long>("credbroker.risk_acceptances.used", "{use}", description: "Policy faults that a risk `acceptance` passed over.");
    }

    public void Decided(string operation, string code) =>
        _decisions.Add(1, new KeyValuePair<string, object?>("operation", operation), new KeyValuePair<string, object?>("code", code));

    /// <summary>Counts the use of a risk acceptance, where one was used.</summary>
    public void RiskUsed(Verdict external)
    {
        if (external is Verdict.RiskAccepted risk) _risks.Add(1, new KeyValuePair<string, object?>("acceptance", risk.AcceptanceId));
    }
}
