using System.Diagnostics.Metrics;

namespace CredentialBroker.Leases;

/// <summary>
/// How much is outstanding, sampled each second for gauges and people at a cost that does not grow with the leases: what
/// fails is counted in an index of its own, and all that lives is counted a page at a time, over as many seconds as it takes.
/// </summary>
internal sealed class LeaseTally
{
    private readonly LeaseStore _leases;
    private volatile Sample _last = new(null, null, 0, 0, null);
    private string _after = "";
    private long _soFar;

    public LeaseTally(LeaseStore leases, IMeterFactory factory)
    {
        _leases = leases;
        var meter = factory.Create("CredentialBroker.Leases");
        meter.CreateObservableGauge("credbroker.leases", () => Known(_last.Live), "{lease}", "Leases that are not over, as of the last whole count.");
        meter.CreateObservableGauge("credbroker.leases.overdue", () => _last.Overdue, "{lease}", "Leases whose end is late by more than a minute; at most 10000 are counted.");
        meter.CreateObservableGauge("credbroker.leases.stuck", () => _last.Stuck, "{lease}", "Leases whose ending failed often and is still tried; at most 10000 are counted.");
        meter.CreateObservableGauge("credbroker.leases.oldest_due", () => Known(_last.OldestDueMs / 1000), "s", "How long the lease that is due longest has waited for its end; 0 when none is due.");
    }

    public Sample Last => _last;

    public async Task SampleAsync(long now, CancellationToken cancel)
    {
        var (overdue, stuck, due) = await _leases.CountLateAsync(now, cancel);
        var (count, last) = await _leases.CountPageAsync(_after, cancel);
        _soFar += count;
        var (live, at) = last is null ? (_soFar, now) : (_last.Live, _last.CountedAt);
        (_after, _soFar) = last is null ? ("", 0) : (last, _soFar);
        _last = new Sample(live, at, overdue, stuck, due is null ? 0 : Math.Max(0, now - due.Value));
    }

    private static IEnumerable<Measurement<long>> Known(long? value) => value is { } known ? [new Measurement<long>(known)] : [];

    /// <param name="Live">Leases that are not over; null until they were counted once.</param>
    /// <param name="CountedAt">When that count was complete.</param>
    /// <param name="OldestDueMs">How long what is due longest has waited.</param>
    internal sealed record Sample(long? Live, long? CountedAt, long Overdue, long Stuck, long? OldestDueMs);
}
