using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace CredentialBroker.Backends.Aws;

/// <summary>What one role's policy denies: rendered whole, each time, from what the store holds.</summary>
internal static class DenyDocument
{
    /// <summary>All inline policies of a role together, blanks not counted.</summary>
    public const int Limit = 10_240;

    /// <summary>Stands where nobody is denied: a condition needs a value, and an empty one could mean everybody.</summary>
    public const string Nobody = "cb-nobody";

    /// <param name="values">Of the key, one for each denied lease.</param>
    /// <param name="before">Sessions issued before are denied whoever they are; UTC milliseconds.</param>
    public static string Render(DenyKey key, IEnumerable<string> values, long? before)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, SessionPolicy.Plain))
        {
            json.WriteStartObject();
            json.WriteString("Version"u8, "2012-10-17"u8);
            json.WriteStartArray("Statement"u8);
            Deny(json, key.Test, key.Key, [.. values.Order(StringComparer.Ordinal).DefaultIfEmpty(Nobody)]);
            if (before is { } time) Deny(json, "DateLessThan", "aws:TokenIssueTime", [SessionPolicy.Time(time)]);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <summary>How many leases can be denied at once beside what else a role's inline policies hold, a cut-off included.</summary>
    /// <param name="others">Characters of the role's other inline policies.</param>
    public static int Room(DenyKey key, int others)
    {
        var sample = key.ValueOf("000000", new string('0', Protocol.Ids.Length));
        var empty = Render(key, [sample], before: 0).Length;
        return Math.Max(0, ((Limit - others - empty) / (sample.Length + 3)) + 1);
    }

    /// <summary>As IAM counts a policy.</summary>
    public static int SizeOf(string document) => document.Count(c => !char.IsWhiteSpace(c));

    private static void Deny(Utf8JsonWriter json, string test, string key, IReadOnlyList<string> values)
    {
        json.WriteStartObject();
        json.WriteString("Effect"u8, "Deny"u8);
        json.WriteString("Action"u8, "*"u8);
        json.WriteString("Resource"u8, "*"u8);
        json.WriteStartObject("Condition"u8);
        json.WriteStartObject(test);
        json.WriteStartArray(key);
        foreach (var value in values) json.WriteStringValue(value);
        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndObject();
    }
}
