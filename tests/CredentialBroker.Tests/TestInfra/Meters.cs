using System.Diagnostics.Metrics;

namespace CredentialBroker.TestInfra;

/// <summary>Makes meters where a test builds parts of a broker by hand.</summary>
internal sealed class Meters : IMeterFactory
{
    private readonly List<Meter> _made = [];

    public Meter Create(MeterOptions options)
    {
        var meter = new Meter(options);
        _made.Add(meter);
        return meter;
    }

    public void Dispose() => _made.ForEach(meter => meter.Dispose());
}
