using System.IO.Pipelines;
using Microsoft.AspNetCore.Http.Features;

namespace CredentialBroker.Hosting.Inside;

/// <summary>The answer to a request that came from inside: its head is there with the first byte of the body, which is read as it is written.</summary>
internal sealed class InsideAnswer : Stream, IHttpResponseFeature
{
    private readonly Pipe _pipe = new();
    private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Stack<(Func<object, Task> Callback, object State)> _starting = new(), _completed = new();

    public InsideAnswer() => Body = this;

    /// <summary>Done once status and headers stand, or with what kept them from it.</summary>
    public Task Started => _started.Task;

    /// <summary>The body as the caller reads it.</summary>
    public Stream Written => _pipe.Reader.AsStream();

    public int StatusCode { get; set; } = StatusCodes.Status200OK;

    public string? ReasonPhrase { get; set; }

    public IHeaderDictionary Headers { get; set; } = new HeaderDictionary();

    public Stream Body { get; set; }

    public bool HasStarted { get; private set; }

    public void OnStarting(Func<object, Task> callback, object state) => _starting.Push((callback, state));

    public void OnCompleted(Func<object, Task> callback, object state) => _completed.Push((callback, state));

    /// <summary>The handlers are through.</summary>
    public async Task CompleteAsync(Exception? fault)
    {
        if (fault is null) await StartAsync();
        else _started.TrySetException(fault);
        await _pipe.Writer.CompleteAsync(fault);
        while (_completed.TryPop(out var completed)) await completed.Callback(completed.State);
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        await StartAsync();
        await _pipe.Writer.WriteAsync(buffer, cancellationToken);
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override async Task FlushAsync(CancellationToken cancellationToken)
    {
        await StartAsync();
        await _pipe.Writer.FlushAsync(cancellationToken);
    }

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override void Flush() => throw new NotSupportedException("answers are written without blocking");

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("answers are written without blocking");

    private async Task StartAsync()
    {
        if (HasStarted) return;
        while (_starting.TryPop(out var starting)) await starting.Callback(starting.State);
        HasStarted = true;
        _started.TrySetResult();
    }
}
