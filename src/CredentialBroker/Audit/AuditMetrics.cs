using System.Diagnostics.Metrics;
using CredentialBroker.Audit.Checkpoints;
using CredentialBroker.Audit.Exports;
using CredentialBroker.Audit.Tree;

namespace CredentialBroker.Audit;

/// <summary>How far the evidence has come, counted by the job that brings it on, so that a scrape costs the store nothing.</summary>
internal sealed class AuditMetrics
{
    private readonly CheckpointMaker _maker;

    public AuditMetrics(AuditExports exports, CheckpointMaker maker, IMeterFactory factory)
    {
        var meter = factory.Create("CredentialBroker.Audit");
        _maker = maker;
        meter.CreateObservableGauge("credbroker.audit.records", () => Head.Size, "{record}", "Records in the audit tree.");
        meter.CreateObservableGauge("credbroker.audit.unsigned", () => Head.Size - Head.Signed, "{record}", "Records in the tree that no checkpoint covers yet.");
        meter.CreateObservableGauge("credbroker.audit.contradicted", () => maker.Contradicted ? 1L : 0, description: "1 when the tree contradicts an earlier checkpoint, so that nothing is signed.");
        meter.CreateObservableGauge("credbroker.audit.export.lag", () => exports.Lanes.Select(lane => new Measurement<long>(lane.Lag, new KeyValuePair<string, object?>("export", lane.Name))), "{record}", "Records that an `export` has not delivered yet.");
    }

    /// <summary>The tree as it was last seen.</summary>
    public TreeHead Head { get; set; } = new(0, 0, 0, null, 0);

    /// <summary>The tree contradicts an earlier checkpoint.</summary>
    public bool Contradicted => _maker.Contradicted;
}
