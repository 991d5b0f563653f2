using System.CommandLine;

namespace CredentialBroker.Cli.Help;

/// <summary>Command lines that work; a group shows the first of each of its commands.</summary>
internal static class Examples
{
    public static IEnumerable<string> Of(Command command) => command switch
    {
        CliCommand one => one.Examples,
        RootCommand root => root.Subcommands.SelectMany(c => Of(c).Take(1)),
        _ => command.Subcommands.SelectMany(c => Of(c).Take(1)),
    };
}
