using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using CredentialBroker.Protocol;

namespace CredentialBroker.Cli.Output;

/// <summary>JSON on stdout, exactly as on the wire but indented.</summary>
internal static class JsonOut
{
    private static readonly JsonSerializerOptions Indented = new(ProtocolJson.Default.Options) { WriteIndented = true };

    public static void Write<T>(Shell shell, T value, JsonTypeInfo<T> type) =>
        shell.Out.WriteLine(JsonSerializer.Serialize(value, (JsonTypeInfo<T>)Indented.GetTypeInfo(type.Type)));

    /// <summary>On one line, for streams of records.</summary>
    public static void WriteLine<T>(Shell shell, T value, JsonTypeInfo<T> type) => shell.Out.WriteLine(JsonSerializer.Serialize(value, type));
}
