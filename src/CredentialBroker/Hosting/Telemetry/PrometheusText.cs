using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Text;

namespace CredentialBroker.Hosting.Telemetry;

/// <summary>
/// This broker's own instruments in the Prometheus text format 0.0.4. A broker's meters are known by the factory that
/// made them, so that brokers in one process do not count each other's work.
/// </summary>
internal sealed class PrometheusText : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly ConcurrentDictionary<Instrument, MetricFamily> _families = new();
    private readonly Lock _reading = new();

    public PrometheusText(IMeterFactory factory)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (IsOf(instrument, factory)) listener.EnableMeasurementEvents(instrument, _families.GetOrAdd(instrument, i => new MetricFamily(i)));
        };
        _listener.SetMeasurementEventCallback<long>((_, value, tags, family) => ((MetricFamily)family!).Take(value, tags));
        _listener.SetMeasurementEventCallback<double>((_, value, tags, family) => ((MetricFamily)family!).Take(value, tags));
        _listener.Start();
    }

    /// <summary>Whether an instrument is this broker's.</summary>
    public static bool IsOf(Instrument instrument, IMeterFactory factory) =>
        instrument.Meter.Name.StartsWith("CredentialBroker", StringComparison.Ordinal) && ReferenceEquals(instrument.Meter.Scope, factory);

    public void Map(IEndpointRouteBuilder routes) => routes.MapGet("/metrics", () => Results.Text(Write(), "text/plain; version=0.0.4", Encoding.UTF8));

    public void Dispose() => _listener.Dispose();

    private string Write()
    {
        lock (_reading)
        {
            foreach (var family in _families.Values) family.Forget();
            _listener.RecordObservableInstruments();
            var text = new StringBuilder();
            foreach (var family in _families.Values.OrderBy(f => f.Name, StringComparer.Ordinal)) family.Write(text);
            return text.ToString();
        }
    }
}
