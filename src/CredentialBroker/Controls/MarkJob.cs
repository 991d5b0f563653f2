using CredentialBroker.Storage;

namespace CredentialBroker.Controls;

/// <summary>Each half minute: notes how new the store is.</summary>
internal sealed class MarkJob(AfterRestore restore, RestoreLog log) : LocalJob(log.NotMarked)
{
    public override Task RunAsync(CancellationToken cancel) => restore.MarkAsync(cancel);
}
