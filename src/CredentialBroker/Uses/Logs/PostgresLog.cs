using System.Globalization;
using System.Text.Json;

namespace CredentialBroker.Uses;

/// <summary>
/// PostgreSQL's log as JSON (<c>log_destination = jsonlog</c>, version 15 and later): an object a line, whose <c>user</c> is
/// the lease's role. Of what it says no text is kept but the command's name: statements hold people's data.
/// </summary>
internal static class PostgresLog
{
    public static LogPiece Read(ReadOnlyMemory<byte> body, string brokerId)
    {
        var (uses, others) = (new List<LogUse>(), 0);
        foreach (var (number, line) in LogText.Lines(body))
        {
            using var document = LogText.Parse(line, number);
            var entry = document.RootElement;
            if (LogText.LeaseOf(brokerId, entry.Text("user")) is { } lease)
            {
                uses.Add(new LogUse(
                    $"{entry.Need(number, "session_id")}/{Line(entry, number)}", lease, LogText.Time(entry.Need(number, "timestamp"), number), entry.Text("ps") ?? "session", entry.Text("remote_host"),
                    Allowed: entry.Text("error_severity") is not ("ERROR" or "FATAL" or "PANIC")));
            }
            else
            {
                others++;
            }
        }

        return new LogPiece(uses, others);
    }

    private static string Line(JsonElement entry, int number) =>
        entry.At("line_num") is { ValueKind: JsonValueKind.Number } line && line.TryGetInt64(out var value) ? value.ToString(CultureInfo.InvariantCulture) : throw new LogFormatException(number, "has no number line_num");
}
