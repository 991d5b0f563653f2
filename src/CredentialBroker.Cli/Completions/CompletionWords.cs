using System.CommandLine;
using CredentialBroker.Cli.Help;

namespace CredentialBroker.Cli.Completions;

/// <summary>A word that may come next.</summary>
/// <param name="Meaning">What it is, in one line.</param>
/// <param name="TakesValue">Whether the word after it is its value.</param>
internal sealed record CompletionWord(string Text, string Meaning, bool TakesValue);

/// <summary>What may be typed after one command.</summary>
/// <param name="Path">The command as it is typed, from the program's name on.</param>
internal sealed record CompletionPlace(string Path, IReadOnlyList<CompletionWord> Verbs, IReadOnlyList<CompletionWord> Options);

/// <summary>The command tree as a completion script needs it.</summary>
internal static class CompletionWords
{
    public static IReadOnlyList<CompletionPlace> Of(Command command) => [Place(command), .. command.Subcommands.SelectMany(Of)];

    private static CompletionPlace Place(Command command) => new(
        CommandPath.Of(command),
        [.. command.Subcommands.Select(c => new CompletionWord(c.Name, Line(c.Description), false))],
        [.. command.Options.Concat(Above(command).SelectMany(c => c.Options.Where(o => o.Recursive))).Where(o => !o.Hidden).Select(o => new CompletionWord(o.Name, Line(o.Description), o.ValueType != typeof(bool) && o.HelpName is not null))]);

    private static IEnumerable<Command> Above(Command command) => command.Parents.OfType<Command>().SelectMany(parent => Above(parent).Prepend(parent));

    // Single quotes would end a word of the scripts, which are written in single quotes.
    private static string Line(string? description) => (description ?? "").Replace("'", "", StringComparison.Ordinal).Split('.')[0];
}
