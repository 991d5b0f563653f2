using System.Globalization;
using System.Text;
using CredentialBroker.Incidents;
using CredentialBroker.Protocol.Reviews;

namespace CredentialBroker.Reviews;

/// <summary>A blast radius as a page of Markdown.</summary>
internal static class BlastMarkdown
{
    public static string Write(BlastRadius radius)
    {
        var page = new StringBuilder();
        page.Append(CultureInfo.InvariantCulture, $"# Blast radius of {Markdown.Text(radius.Selector)}\n\n{Markdown.Text(radius.Sentence)}.\n\n");
        Markdown.Table(page, ["", ""],
        [
            ["made", Markdown.Time(radius.MadeAt)], ["ended leases since", Markdown.Time(radius.Since)], ["environments", string.Join(", ", radius.Environments)], ["owners", string.Join(", ", radius.Owners)],
        ]);
        page.Append("\n## What is reached\n\n");
        Markdown.Table(page, ["target", "environment", "template", "owner", "revocability", "live", "ended", "usable until"], radius.Groups.Select(one => new[]
        {
            $"{one.Backend}/{one.Target}", one.Environment, one.Template, one.Owner, one.Revocability.ToString(), Markdown.Number(one.Live), Markdown.Number(one.Recent), one.UsableUntil is { } until ? Markdown.Time(until) : "",
        }));
        page.Append(CultureInfo.InvariantCulture, $"\n## With which privileges\n\nAs the decisions of {radius.PrivilegesOf} of {radius.Live + radius.Recent} leases say.\n\n");
        Markdown.Table(page, ["target", "resource", "actions"], radius.Privileges.Select(one => new[] { $"{one.Backend}/{one.Target}", one.Resource, string.Join(", ", one.Actions) }));
        page.Append("\n## Who holds most\n\n");
        Markdown.Table(page, ["workload", "node", "leases"], radius.Holders.Select(one => new[] { one.Workload, one.Node, Markdown.Number(one.Leases) }));
        return page.ToString();
    }
}
