using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace CredentialBroker.Backends.Aws;

/// <summary>
/// The policy that goes with a session: what the lease may do, and a deny of everything from the lease's end on. AWS
/// makes no session under 15 minutes; by its own policy this one is worth nothing once its lease is over.
/// </summary>
internal static class SessionPolicy
{
    /// <summary>Of a session's policy in plain characters.</summary>
    public const int Limit = 2048;

    /// <summary>Values come from checked alphabets; what is not escaped is shorter, and the limits count characters.</summary>
    public static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly AwsStatement Everything = new("Allow", ["*"], ["*"], []);

    /// <summary>Whole seconds, rounded down.</summary>
    public static string Time(long milliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    /// <param name="statements">None means: all that the role may do, or what its policies by ARN leave of it.</param>
    /// <param name="until">UTC milliseconds.</param>
    /// <param name="whole">Whether nothing else narrows the session, so that no statement has to mean everything.</param>
    public static string Render(IReadOnlyList<AwsStatement> statements, bool whole, long until) => Write(
    [
        .. statements.Count == 0 && whole ? [Everything] : statements,
        new AwsStatement("Deny", ["*"], ["*"], [new AwsCondition("DateGreaterThanEquals", "aws:CurrentTime", [Time(until)])]),
    ]);

    /// <summary>The permissions of a role that is made for the lease.</summary>
    public static string Write(IReadOnlyList<AwsStatement> statements)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, Plain))
        {
            json.WriteStartObject();
            json.WriteString("Version"u8, "2012-10-17"u8);
            json.WriteStartArray("Statement"u8);
            foreach (var statement in statements) Write(json, statement);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static void Write(Utf8JsonWriter json, AwsStatement statement)
    {
        json.WriteStartObject();
        json.WriteString("Effect"u8, statement.Effect);
        Texts(json, "Action", statement.Actions);
        Texts(json, "Resource", statement.Resources);
        if (statement.Conditions.Count > 0)
        {
            json.WriteStartObject("Condition"u8);
            foreach (var test in statement.Conditions.GroupBy(condition => condition.Test))
            {
                json.WriteStartObject(test.Key);
                foreach (var condition in test) Texts(json, condition.Key, condition.Values);
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static void Texts(Utf8JsonWriter json, string name, IReadOnlyList<string> values)
    {
        if (values.Count == 1)
        {
            json.WriteString(name, values[0]);
            return;
        }

        json.WriteStartArray(name);
        foreach (var value in values) json.WriteStringValue(value);
        json.WriteEndArray();
    }
}
