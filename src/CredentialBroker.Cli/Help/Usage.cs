using System.CommandLine;

namespace CredentialBroker.Cli.Help;

/// <summary>How commands and options are typed.</summary>
internal static class Usage
{
    public static string Of(Command command)
    {
        if (command.Subcommands.Count > 0) return $"{CommandPath.Of(command)} COMMAND";
        var words = command.Arguments.Select(Of).Concat(command.Options.Where(o => o.Required).Select(o => $"{o.Name} {o.HelpName}"));
        return string.Join(' ', [CommandPath.Of(command), .. words, "[options]"]);
    }

    /// <summary>A command's own options, then those that many commands share.</summary>
    public static IEnumerable<Option> Options(Command command)
    {
        var shared = (command as CliCommand)?.Shared ?? [];
        return command.Options.Where(o => !o.Hidden).OrderBy(o => shared.Contains(o));
    }

    public static string Of(Option option)
    {
        var names = string.Join(", ", option.Aliases.Where(a => a.StartsWith('-') && a != "-?").Append(option.Name));
        var value = option.ValueType == typeof(bool) || option.HelpName is null ? "" : $" {option.HelpName}";
        return $"{names}{value}{(option.Required ? " (required)" : "")}";
    }

    private static string Of(Argument argument)
    {
        var word = argument.Arity.MaximumNumberOfValues > 1 ? $"{argument.Name}..." : argument.Name;
        return argument.Arity.MinimumNumberOfValues == 0 ? $"[{word}]" : word;
    }
}
