using System.CommandLine;
using CredentialBroker.Cli.Help;
using CredentialBroker.Protocol;

namespace CredentialBroker.Cli;

/// <summary>Says what is wrong with a command line, what was probably meant, and where help is.</summary>
internal static class ParseErrors
{
    public static int Report(ParseResult parsed, Shell shell)
    {
        var command = parsed.CommandResult.Command;
        if (command.Subcommands.Count > 0 && parsed.UnmatchedTokens.Count == 0)
        {
            HelpText.Write(command, shell.Error);
            return ExitCodes.Usage;
        }

        var stranger = parsed.UnmatchedTokens.Count > 0 ? parsed.UnmatchedTokens[0] : null;
        var message = stranger is null
            ? string.Join("; ", parsed.Errors.Select(e => e.Message.TrimEnd('.')).Distinct())
            : $"unknown argument '{stranger}'{Meant(stranger, command)}";
        shell.Say($"credbroker: {message}; see {CommandPath.Of(command)} --help");
        return ExitCodes.Usage;
    }

    private static string Meant(string word, Command command)
    {
        var known = command.Subcommands.Select(c => c.Name).Concat(command.Options.Select(o => o.Name));
        return Spelling.Closest(word, known) is { } near ? $" (did you mean {near}?)" : "";
    }
}
