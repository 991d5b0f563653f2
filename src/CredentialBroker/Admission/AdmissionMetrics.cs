using System.Diagnostics.Metrics;

namespace CredentialBroker.Admission;

/// <summary>How the API servers' questions were answered, and how fast: what is slow there is passed over in the end.</summary>
internal sealed class AdmissionMetrics
{
    private readonly Histogram<double> _duration;

    public AdmissionMetrics(IMeterFactory factory) => _duration = factory.Create("CredentialBroker.Admission").CreateHistogram<double>(
        "credbroker.admission.duration", "s", "Time to answer a question of a cluster's API server, by `cluster`, `question` and reason `code`.",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5] });

    public void Answered(string cluster, string question, string code, TimeSpan took) =>
        _duration.Record(took.TotalSeconds, new KeyValuePair<string, object?>("cluster", cluster), new("question", question), new("code", code));
}
