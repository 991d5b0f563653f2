using System.Text;

namespace CredentialBroker.Approvals.Webhooks;

/// <summary>The secrets of one webhook sender (Standard Webhooks, section "Symmetric"): <c>whsec_</c> and base64 of 24 to 64 bytes.</summary>
internal static class WebhookSecrets
{
    public const string Prefix = "whsec_";

    /// <summary>Two while a secret is rotated.</summary>
    private const int Most = 2;

    private const int LongestFile = 1024;

    /// <summary>Read anew each time, so that a rotation needs no restart.</summary>
    /// <returns>Null when the file cannot be read or holds anything else.</returns>
    public static async Task<IReadOnlyList<byte[]>?> ReadAsync(string file, CancellationToken cancel) =>
        await SecretLines.ReadAsync(file, LongestFile, cancel) is { Count: > 0 and <= Most } lines && lines.Select(Parse).ToList() is var secrets && !secrets.Contains(null)
            ? [.. secrets.OfType<byte[]>()]
            : null;

    public static IEnumerable<string> Mistakes(string? file, string path)
    {
        if (file is null) yield return $"{path}: required; one or two lines {Prefix}…";
        else if (!File.Exists(file)) yield return $"{path}: no file at '{file}'";
        else if (File.ReadLines(file).Where(line => line.Length > 0).Take(Most + 1).ToList() is var lines && (lines.Count is 0 or > Most || lines.Exists(line => Parse(line.Trim()) is null)))
        {
            yield return $"{path}: holds anything but one or two lines {Prefix} and base64 of 24 to 64 bytes";
        }
    }

    private static byte[]? Parse(string line)
    {
        if (!line.StartsWith(Prefix, StringComparison.Ordinal)) return null;
        var secret = new byte[LongestFile];
        return Convert.TryFromBase64String(line[Prefix.Length..], secret, out var length) && length is >= 24 and <= 64 ? secret[..length] : null;
    }
}

/// <summary>Lines of a small file that an operator wrote.</summary>
internal static class SecretLines
{
    /// <returns>Its lines without blanks around them and without empty ones; null when it cannot be read or is larger than a secret is.</returns>
    public static async Task<IReadOnlyList<string>?> ReadAsync(string file, int longest, CancellationToken cancel)
    {
        try
        {
            var bytes = await File.ReadAllBytesAsync(file, cancel);
            if (bytes.Length > longest) return null;
            return Encoding.UTF8.GetString(bytes).Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Whoever needs it refuses with a code of its own; an operator sees that code counted.
            return null;
        }
    }
}
