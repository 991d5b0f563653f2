using System.CommandLine;

namespace CredentialBroker.Cli.Help;

/// <summary>How a command is typed.</summary>
internal static class CommandPath
{
    public static string Of(Command command) =>
        command.Parents.OfType<Command>().FirstOrDefault() is { } parent ? $"{Of(parent)} {command.Name}" : "credbroker";
}
