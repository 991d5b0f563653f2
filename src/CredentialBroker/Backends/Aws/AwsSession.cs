using System.Text.Json;

namespace CredentialBroker.Backends.Aws;

/// <summary>Credentials of a session, or the broker's own; prints as a placeholder.</summary>
/// <param name="Token">Null for a standing key.</param>
/// <param name="ExpiresAt">UTC milliseconds.</param>
internal sealed record AwsSession(string KeyId, string SecretKey, string? Token, long ExpiresAt)
{
    /// <summary>As it leaves for the workload, in the words that SDKs use.</summary>
    /// <param name="until">When the workload has to have another, UTC milliseconds.</param>
    public Secret ToSecret(string region, long until) => new(
        ("accessKeyId", KeyId), ("secretAccessKey", SecretKey), ("sessionToken", Token!), ("expiration", SessionPolicy.Time(until)), ("region", region));

    public static AwsSession Of(Secret secret)
    {
        using var json = JsonDocument.Parse(secret.Reveal());
        string Text(string name) => json.RootElement.GetProperty(name).GetString()!;
        return new AwsSession(Text("accessKeyId"), Text("secretAccessKey"), Text("sessionToken"), 0);
    }

    public override string ToString() => "[session]";
}
