using CredentialBroker.Audit;
using CredentialBroker.Leases;
using CredentialBroker.Protocol.Selectors;
using CredentialBroker.Storage;
using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Issuance.Reevaluation;

/// <summary>
/// Each few minutes, and soon after a control, a template or trust changed: ends every lease that would not be granted today, where that is the rule.
/// One replica does it.
/// </summary>
internal sealed class ReevaluationJob(
    Reevaluation reevaluation, FactReader reader, Rechecks rechecks, Rounds rounds, Journal journal, AuditChain chain, ExternalPolicyOptions options, TimeProvider clock, RefreshLog log, EpochSeen seen)
    : LocalJob(log.ReevaluationFailed)
{
    private const string Name = "reevaluation";
    private const int Page = 500;

    public override async Task RunAsync(CancellationToken cancel)
    {
        // What something gave reason to judge again is judged, whatever the rule for the rest.
        await RecheckAsync(cancel);
        if (!options.EndChanged) return;
        var epoch = (await reader.RulesAsync(cancel)).Controls.Epoch;
        if (seen.IsNew(epoch)) await rounds.HastenAsync(Name);
        if ((await rounds.DueAsync([Name], options.ReviewEvery, cancel)).Count > 0 && await rounds.TakeAsync(Name, options.ReviewEvery)) await EndChangedAsync(cancel);
    }

    /// <returns>How many leases were ended.</returns>
    public async Task<int> EndChangedAsync(CancellationToken cancel)
    {
        var ended = 0;
        for (string? after = ""; after is not null;)
        {
            (var changed, after) = await reevaluation.PageAsync(new Selector([]), null, after, Page, asksPolicy: options.Url is not null, cancel);
            await EndAsync(changed, cancel);
            ended += changed.Count;
        }

        return ended;
    }

    /// <summary>Judges the leases that are marked, and takes their marks away.</summary>
    public async Task RecheckAsync(CancellationToken cancel)
    {
        if (await rechecks.DueAsync(Selector.MaxValues, cancel) is not { Count: > 0 } due) return;
        var these = new Selector([new Term("lease", Comparison.In, [.. due.Select(one => one.Lease)], Position: 0)]);
        var (changed, _) = await reevaluation.PageAsync(these, null, "", Page, asksPolicy: options.Url is not null, cancel);
        await EndAsync(changed, cancel);
        await journal.CommitAsync(Lane.Control, Rechecks.Done(due));
    }

    /// <summary>One unit each: a lease that ended meanwhile keeps no other from ending.</summary>
    private async Task EndAsync(IReadOnlyList<ChangedLease> changed, CancellationToken cancel)
    {
        if (changed.Count == 0) return;
        var rules = await reader.RulesAsync(cancel);
        var now = clock.NowMs();
        await Task.WhenAll(changed.Select(one => journal.CommitAsync(Lane.Control, LeaseMoves.EndNow(one.Live.Lease.Id, now, one.CauseUnder(rules)), Record(one))));
    }

    private Work Record(ChangedLease one) => (AuditEvent.Of(clock, "lease.not_granted_anew", Streams.Control) with
    {
        Lease = one.Live.Lease.Id,
        Task = one.Live.Lease.Task,
        Approval = one.Live.Lease.ApprovalId,
        Template = one.Live.Lease.Template,
        Environment = one.Live.Lease.Environment,
        Actor = "broker",
        Subject = one.Live.Workload.Uri,
        Cause = one.Refused.Code,
        Detail = $"{one.Refused.Clause}: {one.Refused.Detail}",
    }).On(chain);
}

/// <summary>The newest epoch that live leases were judged for on this replica.</summary>
internal sealed class EpochSeen
{
    private long _epoch = -1;

    /// <summary>True once for each epoch after the first.</summary>
    public bool IsNew(long epoch) => Interlocked.Exchange(ref _epoch, epoch) is var was && was >= 0 && was != epoch;
}
