using CredentialBroker.Backends;
using CredentialBroker.Storage;

namespace CredentialBroker.Runtime.Drift;

/// <summary>Each quarter minute: looks at the targets whose turn it is, all at once, so that one that hangs delays no other's.</summary>
internal sealed class DriftJob(BackendCatalog backends, Rounds rounds, TargetDrift drift, DriftOptions options, DriftLog log) : LocalJob(error => log.Failed("any", error))
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    public override async Task RunAsync(CancellationToken cancel)
    {
        if (options.Every == TimeSpan.Zero) return;
        var targets = backends.All.SelectMany(backend => backend.Targets.Select(target => (Name: $"drift/{backend.Name}/{target}", Backend: backend, Target: target))).ToDictionary(one => one.Name);
        var due = await rounds.DueAsync(targets.Keys, options.Every, cancel);
        await Task.WhenAll(due.Select(name => LookAsync(name, targets[name].Backend, targets[name].Target, cancel)));
    }

    private async Task LookAsync(string name, Backend backend, string target, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(Patience);
        try
        {
            if (await rounds.TakeAsync(name, options.Every)) await drift.RunAsync(backend, target, limit.Token);
        }
        catch (Exception error) when (!cancel.IsCancellationRequested)
        {
            log.Failed(name, error);
        }
    }
}

internal sealed partial class DriftLog(ILogger<DriftLog> logger)
{
    private readonly ILogger _logger = logger;

    [LoggerMessage(Level = LogLevel.Warning, Message = "What this broker made at {Backend}/{Target} could not be listed: {Detail}")]
    public partial void NotListed(string backend, string target, string detail);

    [LoggerMessage(Level = LogLevel.Error, Message = "Automatic ends are held for 24 hours by hold {Hold}: {Reason}. Compare the target with the store, revoke what should be over, then lift the hold: docs/runbooks/backup-and-restore.md")]
    public partial void Held(string hold, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Looking for drift failed at {Name}; it is tried again with the next round")]
    public partial void Failed(string name, Exception error);
}
