using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace CredentialBroker.Backends;

/// <summary>How targets fare. Targets are the operator's, so that they may be labels; leases would be endless series.</summary>
internal sealed class BackendMetrics
{
    public const string MeterName = "CredentialBroker.Backends";

    private readonly Histogram<double> _duration;
    private Func<IEnumerable<TargetState>> _states = () => [];

    public BackendMetrics(IMeterFactory factory)
    {
        var meter = factory.Create(MeterName);
        _duration = meter.CreateHistogram("credbroker.backend.duration", "s", "Time that a backend's operation took, by `backend`, `operation` and `outcome` (ok, or a reason code).", tags: null,
            new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30] });
        meter.CreateObservableGauge("credbroker.target.circuit_open", () => _states().SelectMany(Circuits), "{circuit}",
            "1 while a target is left alone because it kept failing, by `backend`, `target` and `lane` (minting, ending).");
    }

    /// <summary>Where the states of the targets are found.</summary>
    public void Watch(Func<IEnumerable<TargetState>> states) => _states = states;

    public void Record(string backend, string operation, string outcome, TimeSpan took) => _duration.Record(
        took.TotalSeconds, new TagList { { "backend", backend }, { "operation", operation }, { "outcome", outcome } });

    private static IEnumerable<Measurement<long>> Circuits(TargetState target) =>
        [Lane(target, "minting", target.MintingOpen), Lane(target, "ending", target.EndingOpen)];

    private static Measurement<long> Lane(TargetState target, string lane, bool open) =>
        new(open ? 1 : 0, new("backend", target.Backend), new("target", target.Target), new("lane", lane));
}
