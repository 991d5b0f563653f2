using System.Runtime.CompilerServices;
using System.Text.Json;

namespace CredentialBroker.Protocol.Evidence;

/// <summary>Reads audit records written one JSON object to a line (NDJSON), from an export file or from the broker's answer.</summary>
public static class AuditLines
{
    /// <summary>Longest line, in bytes.</summary>
    public const int LongestLine = 8 * 1024 * 1024;

    /// <summary>Reads records until the stream ends. Empty lines are passed over; the last line may lack its line feed.</summary>
    /// <param name="stream">The text, UTF-8.</param>
    /// <param name="cancel">Ends the reading.</param>
    /// <exception cref="InvalidDataException">A line is no record; the message names its number, from 1.</exception>
    public static async IAsyncEnumerable<AuditLine> ReadAsync(Stream stream, [EnumeratorCancellation] CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(stream);
        var number = 0L;
        await foreach (var line in SplitAsync(stream, cancel))
        {
            number++;
            if (line.Span.Trim(" \t\r"u8).IsEmpty) continue;
            yield return Parse(line, number);
        }
    }

    private static AuditLine Parse(ReadOnlyMemory<byte> line, long number)
    {
        try
        {
            return JsonSerializer.Deserialize(line.Span, ProtocolJson.Default.AuditLine)
                ?? throw new InvalidDataException($"line {number}: is null, not an audit record");
        }
        catch (JsonException fault)
        {
            throw new InvalidDataException($"line {number}: is not an audit record: {fault.Message}", fault);
        }
    }

    /// <summary>Lines without their line feeds. Each is valid until the next is asked for.</summary>
    private static async IAsyncEnumerable<ReadOnlyMemory<byte>> SplitAsync(Stream stream, [EnumeratorCancellation] CancellationToken cancel)
    {
        var buffer = new byte[64 * 1024];
        var (start, end, searched, lines) = (0, 0, 0, 0L);
        while (true)
        {
            for (int feed; (feed = buffer.AsSpan(searched..end).IndexOf((byte)'\n')) >= 0;)
            {
                yield return buffer.AsMemory(start..(searched + feed));
                lines++;
                start = searched = searched + feed + 1;
            }

            searched = end;
            if (end - start > LongestLine) throw new InvalidDataException($"line {lines + 1}: is longer than {LongestLine} bytes");
            if (start > 0)
            {
                buffer.AsSpan(start..end).CopyTo(buffer);
                (start, end, searched) = (0, end - start, searched - start);
            }

            if (end == buffer.Length) Array.Resize(ref buffer, buffer.Length * 2);
            var read = await stream.ReadAsync(buffer.AsMemory(end), cancel);
            if (read == 0) break;
            end += read;
        }

        if (end > start) yield return buffer.AsMemory(start..end);
    }
}
