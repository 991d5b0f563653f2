using CredentialBroker.Sidecar.Life;

namespace CredentialBroker.Sidecar.FrontEnds;

/// <summary>A dialect that is spoken in files: written at every change, and gone as soon as there is nothing to hand out.</summary>
internal abstract class FileFrontEnd(Say say)
{
    private readonly Lock _gate = new();

    /// <summary>As the log calls it.</summary>
    public abstract string Name { get; }

    /// <summary>The leases it renders.</summary>
    public abstract IReadOnlyList<HeldLease> Leases { get; }

    /// <summary>Writes the files. False where there is nothing to hand out, and nothing was written.</summary>
    protected abstract bool Write();

    /// <summary>Takes the files away.</summary>
    protected abstract void Remove();

    /// <summary>Runs after the files were written or taken away.</summary>
    protected virtual void Written(bool present)
    {
    }

    /// <summary>Follows its leases from now on. What an earlier run left behind goes first.</summary>
    public void Start()
    {
        Remove();
        foreach (var lease in Leases) lease.Changed += _ => Render();
        Render();
    }

    private void Render()
    {
        // Two leases may change at once, and each in its own time.
        lock (_gate)
        {
            var present = false;
            try
            {
                present = Write();
                if (!present) Remove();
            }
            catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or FormatException)
            {
                say.Line($"{Name}: cannot write: {fault.Message}");
                Remove();
            }

            Written(present);
        }
    }
}
