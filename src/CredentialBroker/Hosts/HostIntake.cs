using CredentialBroker.Approvals;
using CredentialBroker.Approvals.Intake;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Hosts;
using CredentialBroker.Storage;
using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Hosts;

/// <summary>Takes what hosts' nodes tell: the records, the sums and how the engine stands, in one commit. The same report again changes nothing but that the host was heard.</summary>
internal sealed class HostIntake(
    HostsOptions options, IReadOnlyDictionary<string, ApprovalSource> sources, HostReports reports, HostStore hosts, HostRecords records, Journal journal, TimeProvider clock)
{
    private static readonly long Remembered = (long)TimeSpan.FromDays(7).TotalMilliseconds;

    public async Task<(HostReceipt? Receipt, Refusal? Refusal)> TakeAsync(string name, Delivery delivery, CancellationToken cancel)
    {
        if (!options.Sources.TryGetValue(name, out var host) || !sources.TryGetValue(name, out var source)) return (null, new Refusal(ReasonCodes.SourceUnknown, "no container host of this name"));
        var (report, refusal) = await reports.ReadAsync(source, delivery, cancel);
        if (report is null) return (null, refusal);
        var now = clock.NowMs();
        var before = await hosts.FindAsync(name, cancel);
        var isKnown = await hosts.IsKnownAsync(name, report.Id, cancel);
        List<Work> works = [HostStore.Hear(name, report.Engine, now)];
        if (before?.IsAs(report.Engine) != true) works.Add(records.Stands(source, report.Engine));
        // A beat tells nothing that could be told twice.
        if (!isKnown && report.Records.Count + report.Uses.Count > 0)
        {
            works.AddRange(HostStore.Take(name, report, now));
            works.Add(HostStore.ForgetReports(name, now - Remembered));
            works.AddRange(report.Records.Select(record => records.Told(source, record)));
        }

        if (await journal.CommitAsync(Lane.Control, works) is { } conflict)
        {
            if (conflict.Code != ReasonCodes.ApprovalReplayed) return (null, conflict);
            isKnown = true;
        }

        var unfit = HostGuard.Unfit(host, await hosts.FindAsync(name, cancel), now);
        return (new HostReceipt(isKnown ? 0 : report.Records.Count, isKnown, unfit is null, unfit), null);
    }
}
