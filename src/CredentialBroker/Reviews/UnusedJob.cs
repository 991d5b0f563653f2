using CredentialBroker.Approvals;
using CredentialBroker.Protocol.Templates;
using CredentialBroker.Protocol;
using CredentialBroker.Runtime.Drift;
using CredentialBroker.Storage;
using CredentialBroker.Templates;

namespace CredentialBroker.Reviews;

/// <summary>Each quarter minute it looks whether it is its turn, once a day: proposes to take away templates and approval sources that nothing rested on for long (R62).</summary>
internal sealed class UnusedJob(Rounds rounds, Unused unused, DriftOptions options, DriftLog log) : LocalJob(error => log.Failed(Name, error))
{
    public const string Name = "unused";
    private static readonly TimeSpan Every = TimeSpan.FromDays(1);

    public override async Task RunAsync(CancellationToken cancel)
    {
        if (options.UnusedAfter == TimeSpan.Zero) return;
        if ((await rounds.DueAsync([Name], Every, cancel)).Count > 0 && await rounds.TakeAsync(Name, Every)) await unused.LookAsync(cancel);
    }
}

/// <summary>Standing ways in that nobody went for long.</summary>
internal sealed class Unused(Store store, TemplateStore templates, IReadOnlyDictionary<string, ApprovalSource> sources, FindingStore findings, DriftOptions options, TimeProvider clock)
{
    /// <summary>The broker's own canaries are nobody's need.</summary>
    private const string OfWorkloads = "AND approval_id <> 'canary'";

    public async Task LookAsync(CancellationToken cancel)
    {
        var since = clock.NowMs() - (long)options.UnusedAfter.TotalMilliseconds;
        foreach (var template in await templates.ListAsync(cancel)) await LookAsync($"template/{template.Name}", await IsUnusedAsync(template, since, cancel), "granted nothing", cancel);
        // A store younger than that cannot tell.
        if (await OldestAsync(cancel) >= since) return;
        foreach (var source in sources.Keys) await LookAsync($"source/{source}", !await AnyAsync("approvals", "source", source, since, cancel), "approved nothing", cancel);
    }

    private Task LookAsync(string subject, bool isUnused, string what, CancellationToken cancel) => findings.RecordAsync(
        subject, isUnused ? [new Finding(FindingKinds.Unused, $"{what} for {Durations.Format(options.UnusedAfter)}; take it away unless somebody needs it")] : [], cancel);

    private async Task<bool> IsUnusedAsync(TemplateView template, long since, CancellationToken cancel) =>
        template.ActivatedAt is { } at && at.ToUnixTimeMilliseconds() < since
        && !await AnyAsync("leases", "template", template.Name, since, cancel, OfWorkloads) && !await AnyAsync("ended_leases", "template", template.Name, since, cancel, OfWorkloads);

    /// <summary>Ids grow with time, so that only rows of the period are looked at.</summary>
    private async Task<bool> AnyAsync(string table, string column, string value, long since, CancellationToken cancel, string and = "") => (await store.ListAsync(Pool.Control, new Statement(
        $"SELECT 1 FROM {table} WHERE id > @bound AND {column} = @value {and} LIMIT 1") { Values = [("bound", Ids.FirstOf(since)), ("value", value)] }, _ => true, cancel)).Count > 0;

    private async Task<long> OldestAsync(CancellationToken cancel) => (await store.ListAsync(Pool.Control, new Statement("SELECT created_at FROM broker"), row => row.GetInt64(0), cancel))[0];
}
