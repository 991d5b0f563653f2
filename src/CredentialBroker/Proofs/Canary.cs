using CredentialBroker.Backends;
using CredentialBroker.Leases;
using CredentialBroker.Protocol;
using CredentialBroker.Templates;

namespace CredentialBroker.Proofs;

/// <param name="Workload">URI of the workload that it stands in for.</param>
/// <param name="By">The operator who asked, or the broker's own schedule.</param>
internal sealed record CanaryAsk(CompiledTemplate Template, string Workload, Intent? Intent, string By);

/// <summary>A lease of the broker's own, made only to see that its credential is honoured, and no longer once it is ended. The credential stays in this process.</summary>
internal abstract record Canary(CompiledTemplate Template)
{
    /// <param name="LeaseId">Null where it came to no lease.</param>
    internal sealed record Refused(CompiledTemplate Template, string? LeaseId, string Code, string Detail) : Canary(Template);

    /// <param name="Works">What using it showed; <see cref="Probe.Dead"/> when it was not honoured in the time that new credentials may take.</param>
    internal sealed record Live(CompiledTemplate Template, Grant Grant, Lease Lease, Secret Secret, Probe Works) : Canary(Template)
    {
        /// <summary>Its end can be seen: it was honoured, and ending it means something before its own expiry.</summary>
        public bool CanBeProved => Works == Probe.Alive && Lease.Revocability != Revocability.ExpiryOnly;
    }
}
