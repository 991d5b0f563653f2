using System.Globalization;

namespace CredentialBroker.Cli.Output;

/// <summary>Times as text: UTC, to the second.</summary>
internal static class Times
{
    public static string Of(DateTimeOffset time) => time.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    public static string? Of(DateTimeOffset? time) => time is { } known ? Of(known) : null;
}
