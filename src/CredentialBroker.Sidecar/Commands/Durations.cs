using System.CommandLine;

namespace CredentialBroker.Sidecar.Commands;

/// <summary>Options that are durations.</summary>
internal static class Durations
{
    public static Option<string?> Option(string name, string description)
    {
        var option = new Option<string?>(name) { HelpName = "DURATION", Description = description };
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && !Protocol.Durations.TryParse(result.Tokens[0].Value, out _)) result.AddError($"{name} '{result.Tokens[0].Value}' is no duration such as 90s, 15m or 1h30m");
        });
        return option;
    }

    public static TimeSpan Of(string? text) => text is null ? TimeSpan.Zero : Protocol.Durations.Parse(text);
}
