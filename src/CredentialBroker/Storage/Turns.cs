namespace CredentialBroker.Storage;

/// <summary>A bounded number of turns, for those that live as long as the process. Disposing a turn gives it back.</summary>
#pragma warning disable CA1001 // Lives as long as the process, and without AvailableWaitHandle there is nothing to release.
internal sealed class Turns(int count)
#pragma warning restore CA1001
{
    private readonly SemaphoreSlim _free = new(count, count);

    public async ValueTask<Turn> TakeAsync(CancellationToken cancel)
    {
        await _free.WaitAsync(cancel);
        return new Turn(_free);
    }

    internal sealed class Turn(SemaphoreSlim free) : IDisposable
    {
        public void Dispose() => free.Release();
    }
}
