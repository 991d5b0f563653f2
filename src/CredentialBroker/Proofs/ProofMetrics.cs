using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace CredentialBroker.Proofs;

/// <summary>How long what was revoked lived on.</summary>
internal sealed class ProofMetrics
{
    public const string MeterName = "CredentialBroker.Proofs";

    private readonly Histogram<double> _timeToDead;
    private readonly Counter<long> _outlived;

    public ProofMetrics(IMeterFactory factory)
    {
        var meter = factory.Create(MeterName);
        _timeToDead = meter.CreateHistogram("credbroker.revocation.time_to_dead", "s", "Time from asking for a canary's end to the first refusal of its credential, by `backend` and `target`.", tags: null,
            new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600] });
        _outlived = meter.CreateCounter<long>("credbroker.revocation.outlived", "{credential}", "Canaries' credentials that were still honoured after the latency that their backend expects, by `backend` and `target`.");
    }

    public void Dead(string backend, string target, TimeSpan took) => _timeToDead.Record(took.TotalSeconds, new TagList { { "backend", backend }, { "target", target } });

    public void Outlived(string backend, string target) => _outlived.Add(1, new TagList { { "backend", backend }, { "target", target } });
}
