namespace CredentialBroker.Protocol.Evidence;

/// <summary>Cuts a stream into blocks of whole lines, so that blocks can be worked on side by side.</summary>
internal sealed class LineBlocks(Stream stream)
{
    private const int Usual = 1024 * 1024;

    private byte[] _rest = [];
    private bool _ended;

    /// <summary>The next block, without the line feed that ends it; null at the end.</summary>
    /// <exception cref="InvalidDataException">A line is longer than <see cref="AuditLines.LongestLine"/>.</exception>
    public async Task<ReadOnlyMemory<byte>?> NextAsync(CancellationToken cancel)
    {
        if (_ended) return null;
        var buffer = GC.AllocateUninitializedArray<byte>(_rest.Length + Usual);
        _rest.CopyTo(buffer, 0);
        var (end, searched) = (_rest.Length, _rest.Length);
        while (true)
        {
            var read = await stream.ReadAtLeastAsync(buffer.AsMemory(end), buffer.Length - end, throwOnEndOfStream: false, cancel);
            end += read;
            if (end < buffer.Length)
            {
                _ended = true;
                return end == 0 ? null : buffer.AsMemory(0, end);
            }

            if (buffer.AsSpan(searched..end).LastIndexOf((byte)'\n') is >= 0 and var feed)
            {
                _rest = buffer[(searched + feed + 1)..end];
                return buffer.AsMemory(0, searched + feed);
            }

            if (end > AuditLines.LongestLine) throw new InvalidDataException($"a line is longer than {AuditLines.LongestLine} bytes");
            searched = end;
            Array.Resize(ref buffer, buffer.Length * 2);
        }
    }
}
