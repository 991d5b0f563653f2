using System.Diagnostics.Metrics;

namespace CredentialBroker.Alarms;

/// <summary>What was heard, counted.</summary>
internal sealed class AlarmMetrics
{
    private readonly Counter<long> _heard;
    private readonly Counter<long> _refused;

    public AlarmMetrics(IMeterFactory factory)
    {
        var meter = factory.Create("CredentialBroker.Alarms");
        _heard = meter.CreateCounter<long>("credbroker.alarms", "{alarm}", "Alarms heard, by `source` and whether it is `new` or told again.");
        _refused = meter.CreateCounter<long>("credbroker.alarms.refused", "{alarm}", "Alarms refused, by `source` and `code`.");
    }

    public void Heard(string source, string which) => _heard.Add(1, new("source", source), new("new", which == "new" ? "yes" : "no"));

    public void Refused(string source, string code) => _refused.Add(1, new("source", source), new("code", code));
}
