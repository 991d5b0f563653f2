using System.Globalization;
using System.Text.Json;
using CredentialBroker.Sidecar.Life;

namespace CredentialBroker.Sidecar.FrontEnds.AwsContainer;

/// <summary>The members of a session as AWS's SDKs spell them.</summary>
internal static class AwsKeys
{
    /// <summary>Where container, metadata and process credentials agree.</summary>
    /// <param name="json">Inside of an object.</param>
    /// <param name="held">The lease: it may be over before its session is.</param>
    /// <param name="members">The session.</param>
    /// <param name="token">What the dialect calls the session token.</param>
    public static void Write(Utf8JsonWriter json, Holding.Held held, JsonElement members, string token)
    {
        json.WriteString("AccessKeyId"u8, members.GetProperty("accessKeyId"u8).GetString());
        json.WriteString("SecretAccessKey"u8, members.GetProperty("secretAccessKey"u8).GetString());
        json.WriteString(token, members.GetProperty("sessionToken"u8).GetString());
        json.WriteString("Expiration"u8, Time(held.ExpiresAt));
    }

    public static bool AreIn(JsonElement members) =>
        members.TryGetProperty("accessKeyId"u8, out _) && members.TryGetProperty("secretAccessKey"u8, out _) && members.TryGetProperty("sessionToken"u8, out _);

    public static string Time(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
