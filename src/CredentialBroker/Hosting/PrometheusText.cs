using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;

namespace CredentialBroker.Hosting;

/// <summary>
/// The broker's own instruments in the Prometheus text format 0.0.4: counters, gauges, and histograms as sum and count.
/// </summary>
internal sealed class PrometheusText : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly ConcurrentDictionary<(string Name, string Labels), Sample> _samples = new();

    public PrometheusText()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name.StartsWith("CredentialBroker", StringComparison.Ordinal)) listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Take(instrument, value, tags));
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Take(instrument, value, tags));
        _listener.Start();
    }

    public void Map(IEndpointRouteBuilder routes) => routes.MapGet("/metrics", () => Results.Text(Write(), "text/plain; version=0.0.4", Encoding.UTF8));

    public void Dispose() => _listener.Dispose();

    private string Write()
    {
        _listener.RecordObservableInstruments();
        var text = new StringBuilder();
        foreach (var group in _samples.GroupBy(s => s.Key.Name).OrderBy(g => g.Key, StringComparer.Ordinal))
        {
            var kind = group.First().Value.Kind;
            text.Append(CultureInfo.InvariantCulture, $"# TYPE {group.Key} {kind}\n");
            foreach (var ((name, labels), sample) in group.OrderBy(s => s.Key.Labels, StringComparer.Ordinal))
            {
                if (kind == "summary")
                {
                    text.Append(CultureInfo.InvariantCulture, $"{name}_sum{labels} {sample.Sum}\n{name}_count{labels} {sample.Count}\n");
                }
                else
                {
                    text.Append(CultureInfo.InvariantCulture, $"{name}{labels} {sample.Sum}\n");
                }
            }
        }

        return text.ToString();
    }

    private void Take(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var kind = instrument switch
        {
            Counter<long> => "counter",
            Histogram<double> => "summary",
            _ => "gauge",
        };
        var name = instrument.Name.Replace('.', '_') + (kind == "counter" ? "_total" : "");
        var sample = _samples.GetOrAdd((name, Labels(tags)), _ => new Sample(kind));
        lock (sample)
        {
            sample.Sum = kind == "gauge" ? value : sample.Sum + value;
            sample.Count++;
        }
    }

    private static string Labels(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (tags.Length == 0) return "";
        var labels = new List<string>();
        foreach (var (name, value) in tags)
        {
            var text = value?.ToString() ?? "";
            labels.Add($"{name.Replace('.', '_')}=\"{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal)}\"");
        }

        labels.Sort(StringComparer.Ordinal);
        return "{" + string.Join(',', labels) + "}";
    }

    private sealed class Sample(string kind)
    {
        public string Kind { get; } = kind;
        public double Sum { get; set; }
        public long Count { get; set; }
    }
}
