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
    Reevaluation reevaluation, FactReader reader, Rounds rounds, Journal journal, AuditChain chain, ExternalPolicyOptions options, TimeProvider clock, RefreshLog log, EpochSeen seen)
    : LocalJob(log.ReevaluationFailed)
{
    private const string Name = "reevaluation";
    private const int Page = 500;

    public override async Task RunAsync(CancellationToken cancel)
    {
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
            if (changed.Count == 0) continue;
            var rules = await reader.RulesAsync(cancel);
            var now = clock.NowMs();
            // One unit each: a lease that ended meanwhile keeps no other from ending.
            await Task.WhenAll(changed.Select(one => journal.CommitAsync(Lane.Control, LeaseMoves.EndNow(one.Live.Lease.Id, now, one.CauseUnder(rules)), Record(one))));
            ended += changed.Count;
        }

        return ended;
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
