namespace CredentialBroker.Signals;

/// <summary>The secrets of a webhook, as Standard Webhooks 1.0 writes them.</summary>
internal static class WebhookSecrets
{
    private const string Prefix = "whsec_";

    /// <summary>Read each time: one that is added signs at once.</summary>
    /// <returns>None where a line is no secret.</returns>
    public static IReadOnlyList<byte[]> Read(string file)
    {
        var secrets = new List<byte[]>();
        foreach (var line in File.ReadLines(file).Select(line => line.Trim()).Where(line => line.Length > 0))
        {
            var bytes = new byte[64];
            if (!line.StartsWith(Prefix, StringComparison.Ordinal) || !Convert.TryFromBase64String(line[Prefix.Length..], bytes, out var size) || size < 24) return [];
            secrets.Add(bytes[..size]);
        }

        return secrets;
    }
}
