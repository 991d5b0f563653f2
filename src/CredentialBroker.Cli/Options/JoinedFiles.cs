namespace CredentialBroker.Cli;

/// <summary>Several texts read as one, each opened when the one before has ended.</summary>
internal sealed class JoinedFiles(IReadOnlyList<Func<Stream>> files) : Stream
{
    private int _next;
    private Stream? _open;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            if (_open is null)
            {
                if (_next == files.Count) return 0;
                _open = files[_next++]();
            }

            if (await _open.ReadAsync(buffer, cancellationToken) is > 0 and var read) return read;
            await _open.DisposeAsync();
            _open = null;
        }
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing) _open?.Dispose();
        base.Dispose(disposing);
    }
}
