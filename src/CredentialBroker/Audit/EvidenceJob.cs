using CredentialBroker.Audit.Checkpoints;
using CredentialBroker.Audit.Exports;
using CredentialBroker.Audit.Tree;
using CredentialBroker.Storage;

namespace CredentialBroker.Audit;

/// <summary>Each second: what was recorded goes into the tree, a checkpoint is signed when one is due, and all of it goes out.</summary>
internal sealed class EvidenceJob(
    Sealer sealer, CheckpointMaker maker, CheckpointFolder folder, AuditExports exports, TreeStore tree, AuditMetrics metrics, SealLog log) : LocalJob(log.Failed)
{
    public override async Task RunAsync(CancellationToken cancel)
    {
        await sealer.SealAsync(always: false, cancel);
        await maker.MakeWhenDueAsync(cancel);
        metrics.Head = await tree.HeadAsync(cancel);
        exports.Start(metrics.Head);
        await folder.WriteAsync(metrics.Head.Signed, cancel);
    }
}
