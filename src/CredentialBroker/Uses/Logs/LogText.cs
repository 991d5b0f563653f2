using System.Globalization;
using System.Text;
using System.Text.Json;
using CredentialBroker.Protocol;

namespace CredentialBroker.Uses;

/// <summary>Reads logs' JSON: strict where it matters here, indifferent to the rest, which is the log's own.</summary>
internal static class LogText
{
    private const int Longest = 256;
    private static readonly JsonDocumentOptions Documents = new() { MaxDepth = 64, AllowDuplicateProperties = false };

    /// <exception cref="LogFormatException">It is no JSON object, or has a member twice.</exception>
    public static JsonDocument Parse(ReadOnlyMemory<byte> json, int number)
    {
        try
        {
            var document = JsonDocument.Parse(json, Documents);
            return document.RootElement.ValueKind == JsonValueKind.Object ? document : throw new LogFormatException(number, "is no JSON object");
        }
        catch (JsonException)
        {
            throw new LogFormatException(number, "is no JSON object, or has a member twice");
        }
    }

    /// <summary>The lines of a body; empty ones are none.</summary>
    public static IEnumerable<(int Number, ReadOnlyMemory<byte> Line)> Lines(ReadOnlyMemory<byte> body)
    {
        for (var number = 1; body.Length > 0; number++)
        {
            var end = body.Span.IndexOf((byte)'\n');
            var line = end < 0 ? body : body[..end];
            body = end < 0 ? default : body[(end + 1)..];
            if (!line.Span.Trim(" \r\t"u8).IsEmpty) yield return (number, line);
        }
    }

    public static JsonElement? At(this JsonElement from, params ReadOnlySpan<string> path)
    {
        foreach (var name in path)
        {
            if (from.ValueKind != JsonValueKind.Object || !from.TryGetProperty(name, out from)) return null;
        }

        return from;
    }

    /// <summary>A member that is a text; cut where it is longer than any use needs, and without control characters.</summary>
    public static string? Text(this JsonElement from, params ReadOnlySpan<string> path)
    {
        if (from.At(path) is not { ValueKind: JsonValueKind.String } member) return null;
        string text;
        try
        {
            text = member.GetString()!;
        }
        catch (InvalidOperationException)
        {
            // Half a pair of surrogates.
            return null;
        }

        var plain = new StringBuilder(Math.Min(text.Length, Longest));
        foreach (var c in text.AsSpan(0, Math.Min(text.Length, Longest))) plain.Append(char.IsControl(c) || char.IsSurrogate(c) ? '?' : c);
        return plain.ToString();
    }

    /// <exception cref="LogFormatException">The member is missing.</exception>
    public static string Need(this JsonElement from, int number, params ReadOnlySpan<string> path) =>
        from.Text(path) is { Length: > 0 } text ? text : throw new LogFormatException(number, $"has no text {string.Join('.', path.ToArray())}");

    /// <exception cref="LogFormatException">The text is no time.</exception>
    public static long Time(string text, int number) =>
        DateTimeOffset.TryParse(text.EndsWith(" UTC", StringComparison.Ordinal) ? $"{text[..^4]}Z" : text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) && time.Year is >= 2000 and < 10000
            ? time.ToUnixTimeMilliseconds()
            : throw new LogFormatException(number, $"has a time that is none: '{text}'");

    /// <summary>The lease that one of the names is of: every name that this broker makes at a target is <c>cb-</c>, its own id, and the lease's.</summary>
    public static string? LeaseOf(string brokerId, params ReadOnlySpan<string?> names)
    {
        var prefix = $"cb-{brokerId}-";
        foreach (var name in names)
        {
            if (name?.IndexOf(prefix, StringComparison.Ordinal) is >= 0 and var at && name.Length >= at + prefix.Length + Ids.Length
                && name.Substring(at + prefix.Length, Ids.Length) is var id && Ids.IsWellFormed(id)) return id;
        }

        return null;
    }
}
