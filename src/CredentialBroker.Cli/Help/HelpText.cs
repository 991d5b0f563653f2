using System.CommandLine;

namespace CredentialBroker.Cli.Help;

/// <summary>The help of one command: what it does and how it is typed, with an example before the details.</summary>
internal static class HelpText
{
    private const int Indent = 2;

    public static void Write(Command command, TextWriter to)
    {
        to.WriteLine(command.Description);
        to.WriteLine();
        Section(to, "Usage", [(Usage.Of(command), "")]);
        Section(to, "Examples", Examples.Of(command).Select(e => (e, "")));
        Section(to, "Commands", command.Subcommands.Select(c => (c.Name, c.Description ?? "")));
        Section(to, "Arguments", command.Arguments.Select(a => (a.Name, a.Description ?? "")));
        Section(to, "Options", Usage.Options(command).Select(o => (Usage.Of(o), o.Description ?? "")));
        if (command is not RootCommand) return;
        Section(to, "Environment", ConnectionOptions.Variables.Select(v => (v.Name, v.Meaning)));
        Section(to, "Exit codes", ExitCodes.All.Select(e => (e.Code.ToString(System.Globalization.CultureInfo.InvariantCulture), e.Meaning)));
        to.WriteLine("See credbroker COMMAND --help.");
    }

    private static void Section(TextWriter to, string title, IEnumerable<(string Left, string Right)> rows)
    {
        var all = rows.ToList();
        if (all.Count == 0) return;
        var width = all.Max(r => r.Left.Length);
        to.WriteLine($"{title}:");
        foreach (var (left, right) in all) to.WriteLine($"{new string(' ', Indent)}{left.PadRight(width)}{new string(' ', Indent)}{right}".TrimEnd());
        to.WriteLine();
    }
}
