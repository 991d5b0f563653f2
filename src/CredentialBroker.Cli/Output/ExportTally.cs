namespace CredentialBroker.Cli.Output;

/// <summary>Counts the records of an export that passes through, and sees how it ends.</summary>
internal sealed class ExportTally(Stream to) : Stream
{
    private static ReadOnlySpan<byte> RecordStart => "{\"position\""u8;

    private static ReadOnlySpan<byte> CheckpointStart => "{\"checkpoint\""u8;

    private readonly List<byte> _start = [];
    private bool _ended = true;
    private bool _checkpoint;

    public long Records { get; private set; }

    public bool EndsInCheckpoint => _ended && _checkpoint;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override void Write(byte[] buffer, int offset, int count)
    {
        See(buffer.AsSpan(offset, count));
        to.Write(buffer, offset, count);
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        See(buffer.Span);
        return to.WriteAsync(buffer, cancellationToken);
    }

    public override void Flush() => to.Flush();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    private void See(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var feed = bytes.IndexOf((byte)'\n');
            var part = feed < 0 ? bytes : bytes[..feed];
            foreach (var one in part[..Math.Min(part.Length, CheckpointStart.Length - _start.Count)]) _start.Add(one);
            _ended = feed >= 0;
            if (!_ended) return;
            var start = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_start);
            if (start.StartsWith(RecordStart)) Records++;
            _checkpoint = start.SequenceEqual(CheckpointStart);
            _start.Clear();
            bytes = bytes[(feed + 1)..];
        }
    }
}
