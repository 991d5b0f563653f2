using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Text.RegularExpressions;
using CredentialBroker.Hosting.Telemetry;
using CredentialBroker.TestInfra;

namespace CredentialBroker.Tests.House;

/// <summary>Every instrument of a broker that has worked for a while, and the labels that were seen on each.</summary>
internal static partial class MetricNames
{
    public static async Task<IReadOnlyDictionary<Instrument, IReadOnlyCollection<string>>> ReadAsync()
    {
        var seen = new ConcurrentDictionary<Instrument, ConcurrentDictionary<string, byte>>();
        await using var broker = await Brokers.StartAsync();
        var factory = broker.Get<IMeterFactory>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (!PrometheusText.IsOf(instrument, factory)) return;
                seen[instrument] = new();
                self.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, _, tags, _) => Keep(instrument, tags));
        listener.SetMeasurementEventCallback<double>((instrument, _, tags, _) => Keep(instrument, tags));
        listener.Start();
        var scene = broker.Scene;
        await scene.ActivateAsync(SceneFolder.Token());
        var pod = scene.NewPod();
        await scene.ApproveAsync("nothing");
        await scene.ApproveAsync(scene.ApprovalOf(pod, "token"));
        await scene.ClaimAsync(scene.Token(pod), "token");
        await scene.OperatorAsync(HttpMethod.Get, "/healthz/ready");
        // What is sampled by a job is there once the job ran.
        await Task.Delay(1500);
        listener.RecordObservableInstruments();
        return seen.ToDictionary(s => s.Key, s => (IReadOnlyCollection<string>)[.. s.Value.Keys.Order(StringComparer.Ordinal)]);

        void Keep(Instrument instrument, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            foreach (var tag in tags) seen[instrument][tag.Key] = 0;
        }
    }

    /// <summary>The labels that an instrument's description names.</summary>
    public static IReadOnlyList<string> Labels(Instrument instrument) => [.. Quoted().Matches(instrument.Description ?? "").Select(m => m.Groups[1].Value)];

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Quoted();
}
