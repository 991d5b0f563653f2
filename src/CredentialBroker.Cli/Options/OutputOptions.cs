using System.CommandLine;
using System.Text.Json.Serialization.Metadata;
using CredentialBroker.Cli.Output;

namespace CredentialBroker.Cli;

/// <summary>How results are written.</summary>
internal sealed class OutputOptions
{
    public Option<bool> Json { get; } = new("--json") { Description = "Print the broker's answer as JSON instead of text." };

    /// <summary>Writes the answer as JSON when that was asked for, else as the given text.</summary>
    public void Write<T>(Shell shell, ParseResult parsed, T answer, JsonTypeInfo<T> type, Action<Shell, T> text)
    {
        if (parsed.GetValue(Json)) JsonOut.Write(shell, answer, type);
        else text(shell, answer);
    }
}
