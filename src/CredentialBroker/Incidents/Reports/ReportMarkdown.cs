using System.Globalization;
using System.Text;
using CredentialBroker.Protocol.Incidents;

namespace CredentialBroker.Incidents;

/// <summary>The report as a page of Markdown. Texts that people or logs brought are written so that they stay texts.</summary>
internal static class ReportMarkdown
{
    public static string Write(IncidentReport report)
    {
        var page = new StringBuilder();
        var revocation = report.Revocation;
        page.Append(CultureInfo.InvariantCulture, $"# Revocation {revocation.Id}\n\n{Markdown.Text(report.Sentence)}.\n\n");
        Markdown.Table(page, ["", ""],
        [
            ["selector", revocation.Selector], ["reason", revocation.Reason], ["state", revocation.State], ["asked by", revocation.AskedBy], ["confirmed by", revocation.ConfirmedBy],
            ["leases", Markdown.Number(revocation.Taken)], ["ended", Markdown.Number(revocation.Ended)], ["remaining", Markdown.Number(revocation.Remaining)], ["failing", Markdown.Number(revocation.Failing)], ["report made", Markdown.Time(report.MadeAt)],
        ]);
        page.Append("\n## Timeline\n\n");
        Markdown.Table(page, ["at", "what", "by"], report.Timeline.Select(one => new[] { Markdown.Time(one.At), one.What, one.By }));
        page.Append("\n## How long ending took\n\nFrom the moment that the revocation took effect until the target confirmed the end.\n\n");
        Markdown.Table(page, ["target", "revocability", "leases", "ended", "median", "99 %", "slowest", "seen refused", "seen honoured late", "usable until"], report.Classes.Select(one => new[]
        {
            one.Target, one.Revocability.ToString(), Markdown.Number(one.Leases), Markdown.Number(one.Ended), Markdown.Milliseconds(one.MedianMs), Markdown.Milliseconds(one.P99Ms), Markdown.Milliseconds(one.SlowestMs), Markdown.Number(one.SeenDead),
            Markdown.Number(one.SeenAlive), one.UsableUntil is { } until ? Markdown.Time(until) : "",
        }));
        page.Append("\n## Used after the end\n\n");
        if (report.UsesAfterEnd.Count == 0) page.Append("No log that was handed in tells of one.\n");
        else Markdown.Table(page, ["at", "lease", "log", "action", "from", "allowed"], report.UsesAfterEnd.Select(one => new[] { Markdown.Time(one.At), one.Lease, one.Log, one.Action, one.Address, one.Allowed ? "**yes**" : "no" }));
        page.Append("\n## Leases\n\n");
        Markdown.Table(page, ["lease", "state", "template", "target", "workload", "over", "ended", "seen refused", "usable until", "error"], report.Leases.Select(one => new[]
        {
            one.Lease, one.State, one.Template, one.Target, one.Workload, Markdown.Time(one.EndsAt), one.EndedAt is { } ended ? Markdown.Time(ended) : "", one.SeenDeadAt is { } dead ? Markdown.Time(dead) : "",
            one.EndedAt is null ? Markdown.Time(one.UsableUntil) : "", one.Error,
        }));
        if (report.Omitted > 0) page.Append(CultureInfo.InvariantCulture, $"\n{report.Omitted} more leases are not listed.\n");
        page.Append("\nEach lease's records are proven by `credbroker lease evidence LEASE`, to be verified by `credbroker audit verify-bundle`.\n");
        return page.ToString();
    }
}
