using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace CredentialBroker.Backends;

/// <summary>How long targets take, by backend, operation and outcome. No target or lease: those would be endless series.</summary>
internal sealed class BackendMetrics : IDisposable
{
    public const string MeterName = "CredentialBroker.Backends";
    private readonly Meter _meter;
    private readonly Histogram<double> _duration;

    public BackendMetrics(IMeterFactory? factory = null)
    {
        _meter = factory?.Create(MeterName) ?? new Meter(MeterName);
        _duration = _meter.CreateHistogram<double>("credbroker.backend.duration", "s", "Time a backend's operation took");
    }

    public void Record(string backend, string operation, string outcome, TimeSpan took) => _duration.Record(
        took.TotalSeconds, new TagList { { "backend", backend }, { "operation", operation }, { "outcome", outcome } });

    public void Dispose() => _meter.Dispose();
}
