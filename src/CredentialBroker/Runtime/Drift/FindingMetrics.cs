using System.Diagnostics.Metrics;

namespace CredentialBroker.Runtime.Drift;

/// <summary>What is found, counted.</summary>
internal sealed class FindingMetrics
{
    private readonly Counter<long> _found;

    public FindingMetrics(IMeterFactory factory) =>
        _found = factory.Create("CredentialBroker.Findings").CreateCounter<long>("credbroker.findings", "{finding}", description: "Things found that are not as they should be, by `kind`.");

    public void Found(string kind) => _found.Add(1, new KeyValuePair<string, object?>("kind", kind));
}
