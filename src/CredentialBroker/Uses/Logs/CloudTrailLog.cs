using System.Text.Json;

namespace CredentialBroker.Uses;

/// <summary>
/// A CloudTrail log file: one object whose <c>Records</c> are events. A session carries its lease's name as source identity
/// and session name, or is of a role of that name.
/// </summary>
internal static class CloudTrailLog
{
    public static LogPiece Read(ReadOnlyMemory<byte> body, string brokerId)
    {
        using var document = LogText.Parse(body, 1);
        if (document.RootElement.At("Records") is not { ValueKind: JsonValueKind.Array } records) throw new LogFormatException(1, "has no list Records");
        var (uses, others, number) = (new List<LogUse>(), 0, 0);
        foreach (var record in records.EnumerateArray())
        {
            number++;
            if (record.ValueKind != JsonValueKind.Object) throw new LogFormatException(number, "is no JSON object");
            if (Of(record, brokerId, number) is { } use) uses.Add(use);
            else others++;
        }

        return new LogPiece(uses, others);
    }

    private static LogUse? Of(JsonElement record, string brokerId, int number) => LogText.LeaseOf(
        brokerId, record.Text("userIdentity", "sessionContext", "sourceIdentity"), record.Text("userIdentity", "arn"), record.Text("userIdentity", "principalId"),
        record.Text("userIdentity", "sessionContext", "sessionIssuer", "userName")) is { } lease
        ? new LogUse(
            record.Need(number, "eventID"), lease, LogText.Time(record.Need(number, "eventTime"), number), $"{record.Need(number, "eventSource")}:{record.Need(number, "eventName")}",
            record.Text("sourceIPAddress"), Allowed: record.Text("errorCode") is null)
        : null;
}
