using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace CredentialBroker.Clusters;

/// <summary>Lines of a stream that does not end, each of bounded length.</summary>
internal static class WatchLines
{
    private const int Longest = 4 * 1024 * 1024;

    /// <exception cref="InvalidDataException">A line is too long, or the stream ends within one.</exception>
    public static async IAsyncEnumerable<byte[]> ReadAsync(Stream stream, [EnumeratorCancellation] CancellationToken cancel)
    {
        var reader = PipeReader.Create(stream);
        while (true)
        {
            var read = await reader.ReadAsync(cancel);
            var rest = read.Buffer;
            while (rest.PositionOf((byte)'\n') is { } end)
            {
                var line = rest.Slice(0, end).ToArray();
                rest = rest.Slice(rest.GetPosition(1, end));
                if (line.Length > 0) yield return line;
            }

            if (rest.Length > Longest) throw new InvalidDataException("an event is too large");
            if (read.IsCompleted)
            {
                if (rest.Length > 0) throw new InvalidDataException("the stream broke off within an event");
                await reader.CompleteAsync();
                yield break;
            }

            reader.AdvanceTo(rest.Start, rest.End);
        }
    }
}
