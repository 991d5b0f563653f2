using CredentialBroker.Protocol;

namespace CredentialBroker.Backends;

/// <summary>How much may go on at one target at once.</summary>
/// <param name="Waiting">Mints that may wait for their turn; ending waits without limit, for it is never refused.</param>
internal sealed record GateLimits(int Minting, int Ending, int Waiting = 64)
{
    /// <summary>For leases of a target that is no longer configured.</summary>
    public static readonly GateLimits Least = new(1, 1);

    /// <summary>Where nothing is called, nothing is kept waiting.</summary>
    public static readonly GateLimits InProcess = new(64, 64);
}

/// <summary>Whether a target is left alone for a while because it kept failing, by lane.</summary>
internal sealed record TargetState(string Backend, string Target, bool MintingOpen, bool EndingOpen);

/// <summary>
/// The gate before one target, with a lane for making and one for ending, each with its own bound and its own circuit:
/// neither a rush of claims nor their failures may keep a credential from being ended.
/// </summary>
internal sealed class TargetGate(string backend, string target, GateLimits limits, TimeProvider clock) : IDisposable
{
    private readonly SemaphoreSlim _minting = new(limits.Minting);
    private readonly SemaphoreSlim _ending = new(limits.Ending);
    private readonly Circuit _mintingCircuit = new(clock);
    private readonly Circuit _endingCircuit = new(clock);
    private int _waiting;

    public TargetState State => new(backend, target, _mintingCircuit.IsOpen, _endingCircuit.IsOpen);

    public async ValueTask<T> MintingAsync<T>(Func<ValueTask<T>> work, CancellationToken cancel)
    {
        if (Interlocked.Increment(ref _waiting) > limits.Waiting + limits.Minting)
        {
            Interlocked.Decrement(ref _waiting);
            throw Refused(ReasonCodes.TargetOverloaded, "too many claims wait for the target");
        }

        try
        {
            return await PassAsync(_minting, _mintingCircuit, work, cancel);
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    public ValueTask<T> EndingAsync<T>(Func<ValueTask<T>> work, CancellationToken cancel) => PassAsync(_ending, _endingCircuit, work, cancel);

    public void Dispose()
    {
        _minting.Dispose();
        _ending.Dispose();
    }

    private async ValueTask<T> PassAsync<T>(SemaphoreSlim lane, Circuit circuit, Func<ValueTask<T>> work, CancellationToken cancel)
    {
        await lane.WaitAsync(cancel);
        try
        {
            // Asked only now: those who waited while the target failed are answered at once.
            if (!circuit.TryEnter()) throw Refused(ReasonCodes.TargetUnavailable, $"the target {target} keeps failing and is left alone for a while");
            return await ObservedAsync(circuit, work);
        }
        finally
        {
            lane.Release();
        }
    }

    private static async ValueTask<T> ObservedAsync<T>(Circuit circuit, Func<ValueTask<T>> work)
    {
        var outcome = circuit.Abandoned;
        try
        {
            var result = await work();
            outcome = circuit.Succeeded;
            return result;
        }
        catch (BackendException e)
        {
            // A refusal is an answer: the target works.
            outcome = e.Transient && e.Code != ReasonCodes.TargetOverloaded ? circuit.Failed : circuit.Succeeded;
            throw;
        }
        finally
        {
            outcome();
        }
    }

    private BackendException Refused(string code, string detail) => new(backend, code, detail, transient: true);
}
