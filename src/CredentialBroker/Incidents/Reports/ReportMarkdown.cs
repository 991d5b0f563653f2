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
        page.Append(CultureInfo.InvariantCulture, $"# Revocation {revocation.Id}\n\n{Text(report.Sentence)}.\n\n");
        Table(page, ["", ""],
        [
            ["selector", revocation.Selector], ["reason", revocation.Reason], ["state", revocation.State], ["asked by", revocation.AskedBy], ["confirmed by", revocation.ConfirmedBy],
            ["leases", Number(revocation.Taken)], ["ended", Number(revocation.Ended)], ["remaining", Number(revocation.Remaining)], ["failing", Number(revocation.Failing)], ["report made", Time(report.MadeAt)],
        ]);
        page.Append("\n## Timeline\n\n");
        Table(page, ["at", "what", "by"], report.Timeline.Select(one => new[] { Time(one.At), one.What, one.By }));
        page.Append("\n## How long ending took\n\nFrom the moment that the revocation took effect until the target confirmed the end.\n\n");
        Table(page, ["target", "revocability", "leases", "ended", "median", "99 %", "slowest", "seen refused", "seen honoured late", "usable until"], report.Classes.Select(one => new[]
        {
            one.Target, one.Revocability.ToString(), Number(one.Leases), Number(one.Ended), Milliseconds(one.MedianMs), Milliseconds(one.P99Ms), Milliseconds(one.SlowestMs), Number(one.SeenDead),
            Number(one.SeenAlive), one.UsableUntil is { } until ? Time(until) : "",
        }));
        page.Append("\n## Used after the end\n\n");
        if (report.UsesAfterEnd.Count == 0) page.Append("No log that was handed in tells of one.\n");
        else Table(page, ["at", "lease", "log", "action", "from", "allowed"], report.UsesAfterEnd.Select(one => new[] { Time(one.At), one.Lease, one.Log, one.Action, one.Address, one.Allowed ? "**yes**" : "no" }));
        page.Append("\n## Leases\n\n");
        Table(page, ["lease", "state", "template", "target", "workload", "over", "ended", "seen refused", "usable until", "error"], report.Leases.Select(one => new[]
        {
            one.Lease, one.State, one.Template, one.Target, one.Workload, Time(one.EndsAt), one.EndedAt is { } ended ? Time(ended) : "", one.SeenDeadAt is { } dead ? Time(dead) : "",
            one.EndedAt is null ? Time(one.UsableUntil) : "", one.Error,
        }));
        if (report.Omitted > 0) page.Append(CultureInfo.InvariantCulture, $"\n{report.Omitted} more leases are not listed.\n");
        page.Append("\nEach lease's records are proven by `credbroker lease evidence LEASE`, to be verified by `credbroker audit verify-bundle`.\n");
        return page.ToString();
    }

    private static void Table(StringBuilder page, string[] header, IEnumerable<string?[]> rows)
    {
        page.Append(CultureInfo.InvariantCulture, $"| {string.Join(" | ", header)} |\n|{string.Concat(header.Select(_ => "---|"))}\n");
        foreach (var row in rows.Where(row => header[0].Length > 0 || !string.IsNullOrEmpty(row[1]))) page.Append(CultureInfo.InvariantCulture, $"| {string.Join(" | ", row.Select(cell => cell == "**yes**" ? cell : Text(cell)))} |\n");
    }

    private static string Text(string? text)
    {
        var safe = new StringBuilder();
        foreach (var c in text ?? "")
        {
            if (char.IsControl(c)) safe.Append(' ');
            else if ("\\`*_[]<>|#&!~".Contains(c, StringComparison.Ordinal)) safe.Append('\\').Append(c);
            else safe.Append(c);
        }

        return safe.ToString();
    }

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Milliseconds(long? ms) => ms is { } number ? $"{Number(number)} ms" : "";

    private static string Time(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}
