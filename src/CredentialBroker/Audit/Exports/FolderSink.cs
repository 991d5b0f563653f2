using System.Globalization;
using System.Text;
using CredentialBroker.Storage;

namespace CredentialBroker.Audit.Exports;

/// <summary>
/// Writes files of JSON lines, named after the position of their first record. The one that grows is called
/// <c>.partial</c>; it gets its name when a day or its size is over. After a crash it goes on where its last whole line
/// ends, so that no record is lost or stands twice.
/// </summary>
internal sealed class FolderSink(string folder, TimeProvider clock, long largest = 256L * 1024 * 1024) : IAuditSink
{
    private const string Growing = ".partial";

    private string? _file;
    private DateOnly _day;
    private long _next = -1;

    public async Task DeliverAsync(Delivery delivery, CancellationToken cancel)
    {
        try
        {
            if (_file is null) Resume();
            // A file that ends before that lacks records: another replica has them, in another folder.
            if (_file is not null && (_next < delivery.From || Day() != _day || new FileInfo(_file).Length >= largest)) Close();
            if (_file is null) Begin(Math.Max(_next, delivery.From));
            await AppendAsync(delivery, cancel);
        }
        catch
        {
            // What the file holds now is read again the next time.
            (_file, _next) = (null, -1);
            throw;
        }
    }

    private async Task AppendAsync(Delivery delivery, CancellationToken cancel)
    {
        await using var stream = new FileStream(_file!, FileMode.Append, FileAccess.Write, FileShare.Read);
        foreach (var told in delivery.Events.Where(told => told.Position >= _next))
        {
            await stream.WriteAsync(told.Json, cancel);
            await stream.WriteAsync("\n"u8.ToArray(), cancel);
        }

        stream.Flush(flushToDisk: true);
        _next = Math.Max(_next, delivery.To);
    }

    private void Begin(long position)
    {
        PrivateFiles.MakeFolder(folder);
        _file = Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"audit-{position:D16}.ndjson{Growing}"));
        PrivateFiles.Touch(_file);
        (_next, _day) = (position, Day());
    }

    private void Close()
    {
        File.Move(_file!, _file![..^Growing.Length], overwrite: true);
        _file = null;
    }

    private void Resume()
    {
        if (!Directory.Exists(folder)) return;
        _file = Directory.EnumerateFiles(folder, $"audit-*.ndjson{Growing}").Order(StringComparer.Ordinal).LastOrDefault();
        if (_file is null) return;
        var first = long.Parse(Path.GetFileName(_file)["audit-".Length..].Split('.')[0], NumberStyles.None, CultureInfo.InvariantCulture);
        using var stream = new FileStream(_file, FileMode.Open, FileAccess.ReadWrite, FileShare.Read);
        var (records, whole) = Count(stream);
        // A line that a crash cut off is written again.
        stream.SetLength(whole);
        (_next, _day) = (first + records, DateOnly.FromDateTime(File.GetLastWriteTimeUtc(_file)));
    }

    private static (long Records, long WholeBytes) Count(FileStream stream)
    {
        using var reader = new StreamReader(stream, Encoding.Latin1, detectEncodingFromByteOrderMarks: false, leaveOpen: true);
        var (records, whole, at, start) = (0L, 0L, 0L, new StringBuilder());
        for (int c; (c = reader.Read()) >= 0;)
        {
            at++;
            if (c != '\n')
            {
                if (start.Length < CheckpointStart.Length) start.Append((char)c);
                continue;
            }

            if (start.ToString() != CheckpointStart) records++;
            whole = at;
            start.Clear();
        }

        return (records, whole);
    }

    /// <summary>How the lines begin that are no records.</summary>
    private const string CheckpointStart = "{\"checkpoint\"";

    private DateOnly Day() => DateOnly.FromDateTime(clock.GetUtcNow().UtcDateTime);
}
