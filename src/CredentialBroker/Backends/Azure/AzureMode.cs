using CredentialBroker.Protocol;

namespace CredentialBroker.Backends.Azure;

/// <summary>One way of letting a workload be an identity of the tenant for a while; the template chooses which.</summary>
internal abstract class AzureMode
{
    /// <summary>What templates and handles call it.</summary>
    public abstract string Word { get; }

    public abstract Revocability Revocability { get; }

    /// <summary>What the handle needs beyond the lease to end what is about to be made.</summary>
    public abstract IEnumerable<(string Name, string Value)> Plan(AzureConnection azure, AzureGrant grant, string lease);

    public abstract ValueTask<Minted> MintAsync(AzureConnection azure, string handle, Order order, CancellationToken cancel);

    public abstract ValueTask<Minted> RenewAsync(AzureConnection azure, string handle, Order order, CancellationToken cancel);

    public abstract ValueTask<EndReport> EndAsync(AzureConnection azure, string handle, CancellationToken cancel);

    public abstract ValueTask<Probe> ProbeAsync(AzureConnection azure, string handle, CancellationToken cancel);

    public abstract ValueTask<Probe> UseAsync(AzureConnection azure, AzureGrant grant, Secret secret, CancellationToken cancel);

    /// <summary>Everything of this mode that carries the broker's id.</summary>
    public abstract ValueTask<IReadOnlyList<Ours>> ListAsync(AzureConnection azure, string target, CancellationToken cancel);

    /// <summary>What keeps leases of this mode from being made or ended; empty when all is well.</summary>
    public abstract ValueTask<IReadOnlyList<string>> CheckAsync(AzureConnection azure, CancellationToken cancel);

    protected static BackendException Failed(string detail) => new(AzureBackend.Word, ReasonCodes.MintFailed, detail, transient: false);

    protected static BackendException Over(string detail) => new(AzureBackend.Word, ReasonCodes.LeaseOver, detail, transient: false);
}
