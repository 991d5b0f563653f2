using System.Text.Json;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Leases;
using CredentialBroker.Sidecar.Configuration;

namespace CredentialBroker.Sidecar.Life;

/// <summary>
/// One lease that front ends hand out. Asking it costs nothing and changes nothing: what is held is served, past its
/// expiry or under a freeze nothing is. Whoever renders it into files is told of every change before anybody else goes on.
/// </summary>
internal sealed class HeldLease : IDisposable
{
    private readonly Lock _gate = new();
    private readonly TimeProvider _clock;
    private readonly ITimer _expiry;
    private Holding _holding = new Holding.Nothing(Absence.Starting, "not asked for yet", Waiting: true);
    private bool _frozen;
    private bool _wasHeld;
    private int _rendering;

    public HeldLease(string name, LeaseOptions options, TimeProvider clock)
    {
        (Name, Options, _clock) = (name, options, clock);
        _expiry = clock.CreateTimer(_ => Expire(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public string Name { get; }

    public LeaseOptions Options { get; }

    /// <summary>Raised after what is served changed; one at a time.</summary>
    public event Action<HeldLease>? Changed;

    /// <summary>Raised when a client says that the credential was refused where it is honoured; whoever keeps the lease judges how soon.</summary>
    public event Action? AnotherWanted;

    public void AskForAnother() => AnotherWanted?.Invoke();

    /// <summary>What front ends serve now.</summary>
    public Holding Now
    {
        get
        {
            lock (_gate)
            {
                return _holding switch
                {
                    Holding.Held held when held.ExpiresAt <= _clock.GetUtcNow() => new Holding.Nothing(Absence.Expired, "the lease is over, and no further one was granted"),
                    Holding.Held when _frozen => new Holding.Nothing(ReasonCodes.Frozen, "a freeze is in force; a responder lifts it"),
                    var holding => holding,
                };
            }
        }
    }

    /// <summary>What is held, served or not.</summary>
    public Holding.Held? Kept
    {
        get
        {
            lock (_gate) return _holding as Holding.Held;
        }
    }

    /// <summary>Whether everybody who renders it has heard of its last change.</summary>
    public bool IsSettled => Volatile.Read(ref _rendering) == 0;

    /// <summary>Whether it is held, served, and rendered wherever it is to be.</summary>
    public bool IsReady => Now is Holding.Held && IsSettled;

    /// <summary>Reads what is served now; where there is nothing, says why.</summary>
    public T? Read<T>(Func<Holding.Held, JsonElement, T?> read, out Holding.Nothing? nothing)
        where T : class
    {
        while (true)
        {
            var now = Now;
            nothing = now as Holding.Nothing;
            if (now is not Holding.Held held) return null;
            // Dropped between the look and the read: look again.
            var found = false;
            var result = held.Credential.Read(members =>
            {
                found = true;
                return read(held, members);
            });
            if (found) return result;
        }
    }

    /// <summary>Serves another credential from now on.</summary>
    public void Hold(LeaseView lease, Credential credential, DateTimeOffset expiresAt, Delivery? delivery) => Change(() =>
    {
        (_holding as Holding.Held)?.Credential.Drop();
        _wasHeld = true;
        _holding = new Holding.Held(lease, credential, _clock.GetUtcNow(), expiresAt, delivery);
        _frozen = false;
    });

    /// <summary>The same credential, for another time.</summary>
    public void Extend(LeaseView lease, DateTimeOffset expiresAt)
    {
        lock (_gate)
        {
            if (_holding is not Holding.Held held) return;
            _holding = held with { Lease = lease, ExpiresAt = expiresAt };
            Arm(expiresAt);
        }
    }

    /// <summary>Serves nothing from now on, and forgets what was held.</summary>
    public void Drop(string code, string detail, bool waiting = false) => Change(() =>
    {
        (_holding as Holding.Held)?.Credential.Drop();
        _holding = new Holding.Nothing(code, detail, waiting);
        _frozen = false;
    });

    /// <summary>Says why there is still nothing.</summary>
    public void Explain(string code, string detail, bool waiting)
    {
        lock (_gate)
        {
            // Who had one, and lost it, is told no: clients that are told to wait would hang on to a thing that is over.
            if (_holding is Holding.Nothing) _holding = new Holding.Nothing(code, detail, waiting && !_wasHeld);
        }
    }

    /// <summary>Serves nothing while a freeze is in force, and the same again once it is lifted.</summary>
    public void Freeze(bool frozen)
    {
        if (frozen != _frozen) Change(() => _frozen = frozen);
    }

    public void Dispose()
    {
        _expiry.Dispose();
        Kept?.Credential.Drop();
    }

    private void Expire()
    {
        if (Kept is { } held && held.ExpiresAt <= _clock.GetUtcNow()) Drop(Absence.Expired, "the lease is over, and no further one was granted");
        else if (Kept is { } living) Arm(living.ExpiresAt);
    }

    private void Change(Action change)
    {
        lock (_gate)
        {
            change();
            Interlocked.Increment(ref _rendering);
            if (_holding is Holding.Held { ExpiresAt: var at }) Arm(at);
        }

        // Outside of the lock: whoever is told reads Now. One change at a time, since files are written from here.
        try
        {
            lock (_expiry) Changed?.Invoke(this);
        }
        finally
        {
            Interlocked.Decrement(ref _rendering);
        }
    }

    private void Arm(DateTimeOffset at)
    {
        var wait = at - _clock.GetUtcNow();
        _expiry.Change(wait > TimeSpan.Zero ? wait : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
    }
}
