namespace CredentialBroker.Uses;

/// <summary>
/// A Vault's or OpenBao's audit log: an object a line. The answers are counted: a request without one was not served. Tokens
/// stand in it as hashes; the lease's name is in what is displayed of its token.
/// </summary>
internal static class VaultLog
{
    public static LogPiece Read(ReadOnlyMemory<byte> body, string brokerId)
    {
        var (uses, others) = (new List<LogUse>(), 0);
        foreach (var (number, line) in LogText.Lines(body))
        {
            using var document = LogText.Parse(line, number);
            var entry = document.RootElement;
            if (entry.Text("type") == "response" && LogText.LeaseOf(brokerId, entry.Text("auth", "display_name"), entry.Text("auth", "metadata", "lease")) is { } lease)
            {
                uses.Add(new LogUse(
                    entry.Need(number, "request", "id"), lease, LogText.Time(entry.Need(number, "time"), number), $"{entry.Need(number, "request", "operation")} {entry.Need(number, "request", "path")}",
                    entry.Text("request", "remote_address"), Allowed: entry.Text("error") is not { Length: > 0 }));
            }
            else
            {
                others++;
            }
        }

        return new LogPiece(uses, others);
    }
}
