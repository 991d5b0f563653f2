using CredentialBroker.Backends;
using CredentialBroker.Leases;
using CredentialBroker.Protocol;
using CredentialBroker.Storage;
using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Issuance;

/// <summary>What became of making a credential whose intent is on record.</summary>
internal abstract record Made
{
    private Made() { }

    internal sealed record Credential(Minted Minted) : Made;

    /// <param name="Certain">Nothing can take effect at the target any more.</param>
    internal sealed record Failed(bool Certain, string Code, string Detail) : Made;
}

/// <summary>Prepare, bind, mint: the handle is durable before a secret is put under it.</summary>
internal sealed class Making(Journal journal, TimeProvider clock)
{
    public async Task<Made> RunAsync(Backend backend, Lease lease, Order order)
    {
        // From here on the client's patience does not count: what was begun is brought to its end within the deadline.
        using var deadline = new CancellationTokenSource(backend.OperationTimeout, clock);
        try
        {
            Milestones.Reach("prepare.before");
            var handle = await backend.PrepareAsync(lease.Handle, order, deadline.Token);
            Milestones.Reach("prepare.after");
            if (handle != lease.Handle && await journal.CommitAsync(Lane.Issuing, LeaseMoves.Bind(lease.Id, lease.OpId!, handle)) is { } unbound)
                return new Made.Failed(Certain: true, unbound.Code, unbound.Detail);

            Milestones.Reach("mint.before");
            var minted = await backend.MintAsync(handle, order, deadline.Token);
            Milestones.Reach("mint.after");
            return new Made.Credential(minted);
        }
        catch (BackendException error)
        {
            return new Made.Failed(Certain: false, error.Code, error.Detail);
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested)
        {
            return new Made.Failed(Certain: false, ReasonCodes.MintFailed, "the target did not answer in time");
        }
    }
}
