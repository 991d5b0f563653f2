using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;

namespace CredentialBroker.Hosting.Telemetry;

/// <summary>One instrument as Prometheus sees it: a name, a type, and a series for each set of labels.</summary>
internal sealed class MetricFamily(Instrument instrument)
{
    private readonly ConcurrentDictionary<string, Series> _series = new(StringComparer.Ordinal);
    private readonly double[] _bounds = instrument is Histogram<double> { Advice.HistogramBucketBoundaries: { } bounds } ? [.. bounds] : [];

    public string Name { get; } = NameOf(instrument);

    /// <summary><c>counter</c>, <c>histogram</c> or <c>gauge</c>.</summary>
    public string Type { get; } = TypeOf(instrument);

    /// <summary>Prometheus' spelling: underscores, the unit in the name, and <c>_total</c> after what only grows.</summary>
    public static string NameOf(Instrument instrument) =>
        instrument.Name.Replace('.', '_') + (instrument.Unit == "s" ? "_seconds" : "") + (TypeOf(instrument) == "counter" ? "_total" : "");

    public static string TypeOf(Instrument instrument) => instrument switch
    {
        Counter<long> or ObservableCounter<long> => "counter",
        Histogram<double> => "histogram",
        _ => "gauge",
    };

    public void Take(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var series = _series.GetOrAdd(Labels(tags), _ => new Series(_bounds.Length));
        lock (series)
        {
            // What is observed says how much there is; what is recorded, how much more.
            series.Sum = instrument.IsObservable || Type == "gauge" ? value : series.Sum + value;
            series.Count++;
            for (var i = 0; i < _bounds.Length; i++) series.AtMost[i] += value <= _bounds[i] ? 1 : 0;
        }
    }

    /// <summary>Forgets what is observed anew at each reading, so that what is gone is not told for ever.</summary>
    public void Forget()
    {
        if (instrument.IsObservable) _series.Clear();
    }

    public void Write(StringBuilder text)
    {
        text.Append(CultureInfo.InvariantCulture, $"# HELP {Name} {instrument.Description}\n# TYPE {Name} {Type}\n");
        foreach (var (labels, series) in _series.OrderBy(s => s.Key, StringComparer.Ordinal))
        {
            lock (series)
            {
                if (Type == "histogram") WriteHistogram(text, labels, series);
                else text.Append(CultureInfo.InvariantCulture, $"{Name}{Braced(labels)} {series.Sum}\n");
            }
        }
    }

    private void WriteHistogram(StringBuilder text, string labels, Series series)
    {
        var more = labels.Length == 0 ? "" : labels + ",";
        for (var i = 0; i < _bounds.Length; i++) text.Append(CultureInfo.InvariantCulture, $"{Name}_bucket{{{more}le=\"{_bounds[i]}\"}} {series.AtMost[i]}\n");
        text.Append(CultureInfo.InvariantCulture, $"{Name}_bucket{{{more}le=\"+Inf\"}} {series.Count}\n");
        text.Append(CultureInfo.InvariantCulture, $"{Name}_sum{Braced(labels)} {series.Sum}\n{Name}_count{Braced(labels)} {series.Count}\n");
    }

    private static string Braced(string labels) => labels.Length == 0 ? "" : $"{{{labels}}}";

    private static string Labels(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var labels = new string[tags.Length];
        for (var i = 0; i < tags.Length; i++) labels[i] = $"{tags[i].Key.Replace('.', '_')}=\"{Escaped(tags[i].Value?.ToString() ?? "")}\"";
        Array.Sort(labels, StringComparer.Ordinal);
        return string.Join(',', labels);
    }

    private static string Escaped(string value) => value
        .Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);

    private sealed class Series(int bounds)
    {
        public double Sum { get; set; }
        public long Count { get; set; }
        public long[] AtMost { get; } = new long[bounds];
    }
}
