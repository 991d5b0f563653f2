using System.CommandLine;
using System.CommandLine.Parsing;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Selectors;

namespace CredentialBroker.Cli;

/// <summary>What arguments must look like; a mistake is found before anything is sent.</summary>
internal static class Checks
{
    public static Argument<string> Id(string description) => Id("ID", description);

    /// <summary>An argument that becomes one segment of a path.</summary>
    public static Argument<string> Id(string name, string description)
    {
        var id = new Argument<string>(name) { Description = description };
        id.Validators.Add(result =>
        {
            if (string.IsNullOrWhiteSpace(Text(result)) || Text(result) is "." or "..") result.AddError($"'{Text(result)}' is no {name}");
        });
        return id;
    }

    public static void MustBeDuration(this Option<string?> option) => option.Validators.Add(result =>
    {
        if (!Durations.TryParse(Text(result), out _)) result.AddError($"{option.Name} '{Text(result)}' is no duration such as 90s, 15m or 1h30m");
    });

    public static void MustNotBeBlank(this Option<string> option) => option.Validators.Add(result =>
    {
        if (string.IsNullOrWhiteSpace(Text(result))) result.AddError($"{option.Name} is empty");
    });

    public static void MustBeAtLeastOne(this Option<int> option) => option.Validators.Add(result =>
    {
        if (result.Tokens.Count == 1 && int.TryParse(Text(result), out var number) && number < 1) result.AddError($"{option.Name} must be at least 1");
    });

    public static string Selector(string text) => Protocol.Selectors.Selector.TryParse(text, out _, out SelectorError? error)
        ? text
        : throw CommandException.Usage($"selector {error}");

    private static string? Text(SymbolResult result) => result.Tokens.Count > 0 ? result.Tokens[0].Value : null;
}
