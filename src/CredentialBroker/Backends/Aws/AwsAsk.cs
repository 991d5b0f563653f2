using System.Globalization;
using System.Text.Json;

namespace CredentialBroker.Backends.Aws;

/// <summary>A session that the broker asks of STS.</summary>
/// <param name="Identity">Source identity; null for the broker's own sessions.</param>
/// <param name="Tags">Go with the session, and with those made from it.</param>
/// <param name="Policy">What narrows it; null for the broker's own sessions.</param>
internal sealed record AwsAsk(
    string Role, string Session, string? Identity, IReadOnlyList<(string Key, string Value)> Tags, string? Policy, IReadOnlyList<string> Policies, int Seconds)
{
    /// <summary>What every way of asking names in the call.</summary>
    public IEnumerable<(string Name, string Value)> Parameters =>
    [
        ("RoleArn", Role), ("RoleSessionName", Session), ("DurationSeconds", Seconds.ToString(CultureInfo.InvariantCulture)), .. Policy is null ? [] : new[] { ("Policy", Policy) },
        .. Policies.Select((arn, i) => ($"PolicyArns.member.{i + 1}.arn", arn)),
    ];

    /// <summary>What the call names where the broker's keys sign it.</summary>
    public IEnumerable<(string Name, string Value)> OfCall(string? externalId) =>
    [
        .. Identity is null ? [] : new[] { ("SourceIdentity", Identity) }, .. externalId is null ? [] : new[] { ("ExternalId", externalId) },
        .. Tags.SelectMany((tag, i) => new[] { ($"Tags.member.{i + 1}.Key", tag.Key), ($"Tags.member.{i + 1}.Value", tag.Value), ($"TransitiveTagKeys.member.{i + 1}", tag.Key) }),
    ];

    /// <summary>Under federation these are claims of the token: the call has no such parameters.</summary>
    public void WriteClaims(Utf8JsonWriter json)
    {
        if (Identity is not null) json.WriteString("https://aws.amazon.com/source_identity"u8, Identity);
        if (Tags.Count == 0) return;
        json.WriteStartObject("https://aws.amazon.com/tags"u8);
        json.WriteStartObject("principal_tags"u8);
        foreach (var (key, value) in Tags)
        {
            json.WriteStartArray(key);
            json.WriteStringValue(value);
            json.WriteEndArray();
        }

        json.WriteEndObject();
        json.WriteStartArray("transitive_tag_keys"u8);
        foreach (var (key, _) in Tags) json.WriteStringValue(key);
        json.WriteEndArray();
        json.WriteEndObject();
    }
}

/// <summary>A session that STS made, as far as the broker believes it.</summary>
/// <param name="Packed">Percent of the space that AWS packs policies and tags into.</param>
internal sealed record Assumed(AwsSession Session, int Packed);
