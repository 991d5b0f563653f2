using CredentialBroker.Approvals;
using CredentialBroker.Protocol.Templates;
using CredentialBroker.Protocol;
using CredentialBroker.Runtime.Drift;
using CredentialBroker.Storage;
using CredentialBroker.Templates;

namespace CredentialBroker.Reviews;

/// <summary>Each quarter minute it looks whether it is its turn, once a day: proposes to take away templates, approval sources, exceptions and saved selectors that nothing rested on for long (R62).</summary>
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
    private const long Day = 24 * 3_600_000;

    /// <summary>The broker's own canaries are nobody's need.</summary>
    private const string OfWorkloads = "AND approval_id <> 'canary'";

    public async Task LookAsync(CancellationToken cancel)
    {
        var since = clock.NowMs() - (long)options.UnusedAfter.TotalMilliseconds;
        foreach (var template in await templates.ListAsync(cancel)) await LookAsync($"template/{template.Name}", await IsUnusedAsync(template, since, cancel), "granted nothing", options.UnusedAfter, cancel);
        await LookAtExceptionsAsync(cancel);
        await LookAtSelectorsAsync(since, cancel);
        // A store younger than that cannot tell.
        if (await OldestAsync(cancel) >= since) return;
        foreach (var source in sources.Keys) await LookAsync($"source/{source}", !await AnyAsync("approvals", "source", source, since, cancel), "approved nothing", options.UnusedAfter, cancel);
    }

    /// <summary>An exception is asked for because something needs it: one that stands for a day without a lease was not needed.</summary>
    private async Task LookAtExceptionsAsync(CancellationToken cancel)
    {
        var now = clock.NowMs();
        var standing = await store.ListAsync(Pool.Control, new Statement(
            "SELECT e.id, e.starts_at, CASE WHEN EXISTS (SELECT 1 FROM lease_marks m WHERE m.exception_id = e.id) THEN 1 ELSE 0 END FROM exceptions e WHERE e.kind = 1 AND e.state = 2 AND e.ends_at > @now") { Values = [("now", now)] },
            row => (Id: row.GetString(0), StartsAt: row.GetInt64(1), IsUsed: row.GetInt64(2) != 0), cancel);
        foreach (var one in standing) await LookAsync($"exception/{one.Id}", !one.IsUsed && one.StartsAt < now - Day, "no lease rested on it", TimeSpan.FromMilliseconds(Day), cancel);
        await ForgetAsync("exception/", [.. standing.Select(one => one.Id)], cancel);
    }

    /// <summary>A saved selector of which no revocation was made and that nobody changed for long.</summary>
    private async Task LookAtSelectorsAsync(long since, CancellationToken cancel)
    {
        var saved = await store.ListAsync(Pool.Control, new Statement(
            "SELECT s.name, CASE WHEN s.changed_at < @since AND NOT EXISTS (SELECT 1 FROM incidents i WHERE i.selector = s.selector AND i.asked_at >= @since) THEN 1 ELSE 0 END FROM saved_selectors s") { Values = [("since", since)] },
            row => (Name: row.GetString(0), IsUnused: row.GetInt64(1) != 0), cancel);
        foreach (var one in saved) await LookAsync($"selector/{one.Name}", one.IsUnused, "selected nothing that was revoked", options.UnusedAfter, cancel);
        await ForgetAsync("selector/", [.. saved.Select(one => one.Name)], cancel);
    }

    /// <summary>What is gone is no finding any more.</summary>
    private async Task ForgetAsync(string prefix, HashSet<string> there, CancellationToken cancel)
    {
        var open = (await findings.ListAsync(resolved: false, cancel)).Select(one => one.Subject).Where(subject => subject.StartsWith(prefix, StringComparison.Ordinal) && !there.Contains(subject[prefix.Length..])).Distinct().ToList();
        foreach (var subject in open) await findings.RecordAsync(subject, [], cancel);
    }

    private Task LookAsync(string subject, bool isUnused, string what, TimeSpan length, CancellationToken cancel) => findings.RecordAsync(
        subject, isUnused ? [new Finding(FindingKinds.Unused, $"{what} for {Durations.Format(length)}; take it away unless somebody needs it")] : [], cancel);

    private async Task<bool> IsUnusedAsync(TemplateView template, long since, CancellationToken cancel) =>
        template.ActivatedAt is { } at && at.ToUnixTimeMilliseconds() < since
        && !await AnyAsync("leases", "template", template.Name, since, cancel, OfWorkloads) && !await AnyAsync("ended_leases", "template", template.Name, since, cancel, OfWorkloads);

    /// <summary>Ids grow with time, so that only rows of the period are looked at.</summary>
    private async Task<bool> AnyAsync(string table, string column, string value, long since, CancellationToken cancel, string and = "") => (await store.ListAsync(Pool.Control, new Statement(
        $"SELECT 1 FROM {table} WHERE id > @bound AND {column} = @value {and} LIMIT 1") { Values = [("bound", Ids.FirstOf(since)), ("value", value)] }, _ => true, cancel)).Count > 0;

    private async Task<long> OldestAsync(CancellationToken cancel) => (await store.ListAsync(Pool.Control, new Statement("SELECT created_at FROM broker"), row => row.GetInt64(0), cancel))[0];
}
