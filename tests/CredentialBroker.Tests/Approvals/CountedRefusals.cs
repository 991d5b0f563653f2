using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace CredentialBroker.Approvals;

/// <summary>Listens to the counter of refused documents.</summary>
internal sealed class CountedRefusals : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly ConcurrentQueue<(string?, string?)> _all = new();

    public CountedRefusals()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == ApprovalMetrics.MeterName && instrument.Name == "credbroker.approvals.refused") listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((_, _, tags, _) => _all.Enqueue((Tag(tags, "source"), Tag(tags, "code"))));
        _listener.Start();
    }

    public IReadOnlyCollection<(string? Source, string? Code)> All => _all;

    public void Dispose() => _listener.Dispose();

    private static string? Tag(ReadOnlySpan<KeyValuePair<string, object?>> tags, string name)
    {
        foreach (var tag in tags)
        {
            if (tag.Key == name) return tag.Value as string;
        }

        return null;
    }
}
