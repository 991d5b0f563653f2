namespace CredentialBroker.Backends.Conformance;

/// <summary>What the suite must know about one kind of credential to tell whether it really works.</summary>
internal abstract class Harness : IAsyncDisposable
{
    /// <summary>The backend under test; a mutation takes the real one's place.</summary>
    public required Backend Backend { get; set; }

    /// <summary>False where verifiers cannot be told: the credential stops at its own expiry.</summary>
    public abstract bool EndsAtTarget { get; }

    /// <summary>True where minting once more replaces what was made; false where it is refused.</summary>
    public virtual bool MintsAgain => true;

    /// <summary>True where what the broker made can be found at the target without its store.</summary>
    public virtual bool Lists => false;

    /// <summary>Where a credential lives for a time of its provider's choosing, whatever is ordered: how long at the most.</summary>
    public virtual TimeSpan? OwnLife => null;

    /// <summary>How long beyond its lease what was had with a credential may live on.</summary>
    public virtual TimeSpan Residual => TimeSpan.Zero;

    /// <summary>Checks that nobody can see the truth of from here, or that would wait for hours.</summary>
    public virtual IReadOnlyCollection<string> Unseen => [];

    public abstract Order NewOrder(TimeSpan life, TimeSpan deadline);

    /// <summary>Uses the credential as a workload would.</summary>
    public abstract Task<bool> WorksAsync(Secret secret);

    /// <summary>When the credential stops by itself, as those who honour it see it; UTC milliseconds.</summary>
    public abstract Task<long> ExpiryAsync(string handle, Secret secret);

    /// <summary>Whether anything is left at the target; never so where nothing is made there.</summary>
    public virtual Task<bool> ExistsAsync(string handle) => Task.FromResult(false);

    /// <summary>Opens a session with the credential; null where there are none.</summary>
    public virtual Task<Func<Task<bool>>?> OpenSessionAsync(Secret secret) => Task.FromResult<Func<Task<bool>>?>(null);

    /// <summary>Lets that much time pass for those who honour the credential.</summary>
    public abstract Task PassAsync(TimeSpan time);

    public abstract ValueTask DisposeAsync();
}
