using System.CommandLine;
using System.Globalization;

namespace CredentialBroker.Cli.Help;

/// <summary>The page <c>docs/reference/cli.md</c>, written from the command tree.</summary>
internal static class ReferencePage
{
    public static string Of(Command root)
    {
        var page = new StringWriter { NewLine = "\n" };
        page.WriteLine("# credbroker");
        page.WriteLine();
        page.WriteLine("<!-- Generated from the command tree; a test compares it. CREDBROKER_WRITE_REFERENCE=1 rewrites it. -->");
        page.WriteLine();
        page.WriteLine(root.Description);
        page.WriteLine("Data goes to stdout, prose and progress to stderr. Durations are written like `90s`, `15m` or `1h30m`.");
        page.WriteLine();
        Table(page, "environment variable", "meaning", ConnectionOptions.Variables.Select(v => (v.Name, v.Meaning)));
        Table(page, "exit code", "meaning", ExitCodes.All.Select(e => (e.Code.ToString(CultureInfo.InvariantCulture), e.Meaning)));
        Table(page, "shared option", "meaning", SharedOptions(root).Select(o => (Usage.Of(o), o.Description ?? "")));
        foreach (var command in CommandTree.Leaves(root)) Section(page, command);
        return page.ToString().TrimEnd('\n') + "\n";
    }

    private static void Section(StringWriter page, CliCommand command)
    {
        page.WriteLine($"## {CommandPath.Of(command)}");
        page.WriteLine();
        page.WriteLine(command.Description);
        page.WriteLine();
        page.WriteLine("```sh");
        page.WriteLine($"# {Usage.Of(command)}");
        foreach (var example in command.Examples) page.WriteLine(example);
        page.WriteLine("```");
        page.WriteLine();
        Table(page, "argument", "meaning", command.Arguments.Select(a => (a.Name, a.Description ?? "")));
        Table(page, "option", "meaning", Usage.Options(command).Except(command.Shared).Select(o => (Usage.Of(o), o.Description ?? "")));
        if (command.Shared.Count == 0) return;
        page.WriteLine($"Shared options: {string.Join(", ", command.Shared.Select(o => $"`{o.Name}`"))}.");
        page.WriteLine();
    }

    private static IEnumerable<Option> SharedOptions(Command root) =>
        CommandTree.Leaves(root).SelectMany(c => c.Shared).DistinctBy(o => o.Name);

    private static void Table(StringWriter page, string left, string right, IEnumerable<(string Left, string Right)> rows)
    {
        var all = rows.ToList();
        if (all.Count == 0) return;
        page.WriteLine($"| {left} | {right} |");
        page.WriteLine("|---|---|");
        foreach (var row in all) page.WriteLine($"| `{row.Left}` | {row.Right.Replace("|", "\\|", StringComparison.Ordinal)} |");
        page.WriteLine();
    }
}
