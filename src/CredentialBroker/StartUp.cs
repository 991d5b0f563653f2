using CredentialBroker.Audit;
using CredentialBroker.Audit.Exports;
using CredentialBroker.Backends;
using CredentialBroker.Configuration;
using CredentialBroker.Controls;
using CredentialBroker.Hosting;
using CredentialBroker.Incidents;
using CredentialBroker.Issuance;
using CredentialBroker.Issuer;
using CredentialBroker.Leases;
using CredentialBroker.Revocation;
using CredentialBroker.Storage;
using CredentialBroker.Storage.Journaling;
using CredentialBroker.Templates;
using Quartz;

namespace CredentialBroker;

/// <summary>The order in which the broker comes up and goes down.</summary>
internal sealed class StartUp(
    Store store, Migrator migrator, BrokerIdentity identity, Heartbeat heartbeat, Journal journal, AuditChain chain, IssuerKeys keys,
    BootstrapToken operators, DueSignal due, ISchedulerFactory schedulers, BrokerOptions options, ILogger<StartUp> logger, IServiceProvider later)
{
    public async Task RunAsync(bool afterRestore, CancellationToken cancel)
    {
        // 1. a store of this version, and its clock
        await migrator.MigrateAsync(cancel);
        await heartbeat.ObserveClockAsync(cancel);
        identity.Id = await migrator.ReadBrokerIdAsync(cancel);

        // 2. the writer
        await journal.StartAsync(cancel);
        chain.Writer = journal.Writer;

        // 3. keys, and who may operate
        await keys.LoadAsync(cancel);
        await later.GetRequiredService<AuthorityCertificates>().RefreshAsync(cancel);
        if (await operators.BootstrapAsync(cancel) is { } file) StartLog.Bootstrap(logger, file);

        // 4. the rules; what is made at targets is named after the broker, so that backends come only now
        await later.GetRequiredService<TemplateStore>().DescribeAsync(cancel);
        await later.GetRequiredService<TemplateImport>().RunAsync(options.Templates.ImportFolder, new EpochBump(), cancel);
        await later.GetRequiredService<Rulebook>().RefreshAsync(cancel);

        // 5. before anything is ended: is the store as new as what it speaks of
        await later.GetRequiredService<AfterRestore>().RunAsync(afterRestore, cancel);

        // 6. the clock of revocation
        var scheduler = await schedulers.GetScheduler(cancel);
        later.GetRequiredService<IncidentSignal>().Listen(() => _ = scheduler.TriggerJob(IncidentJob.Key, CancellationToken.None).AsTask());
        due.Listen(() => _ = scheduler.TriggerJob(EndDueJob.Key, CancellationToken.None).AsTask());
        StartLog.Ready(logger, options.Hosting.Listen, store.Dialect.Name);
    }

    public async Task StopAsync()
    {
        if (journal.Started)
        {
            await later.GetRequiredService<DueSweep>().DrainAsync(TimeSpan.FromSeconds(10));
            await later.GetRequiredService<AuditExports>().StopAsync();
            await heartbeat.StopAsync();
            await later.GetRequiredService<DoorTally>().TellAsync();
        }

        await journal.DisposeAsync();
        await store.DisposeAsync();
    }

    /// <summary>Every mistake of targets and templates that shows without starting.</summary>
    public async Task<IReadOnlyList<string>> CheckAsync(CancellationToken cancel)
    {
        // Nothing is made, so that any name will do.
        identity.Id = "000000";
        var mistakes = new List<string>();
        foreach (var backend in later.GetRequiredService<BackendCatalog>().All)
        {
            foreach (var target in backend.Targets)
            {
                try
                {
                    mistakes.AddRange((await backend.CheckAsync(target, cancel)).Select(m => $"Targets:{backend.Name}:{target}: {m}"));
                }
                catch (BackendException error)
                {
                    mistakes.Add($"Targets:{backend.Name}:{target}: {error.Detail}");
                }
            }
        }

        mistakes.AddRange(later.GetRequiredService<TemplateImport>().Check(options.Templates.ImportFolder));
        return mistakes;
    }
}

internal static partial class StartLog
{
    [LoggerMessage(Level = LogLevel.Warning, Message = "A bootstrap operator token was written to {File}; it works from loopback for 24 hours")]
    public static partial void Bootstrap(ILogger logger, string file);

    [LoggerMessage(Level = LogLevel.Information, Message = "Ready at {Address} on {Store}")]
    public static partial void Ready(ILogger logger, string address, string store);
}
