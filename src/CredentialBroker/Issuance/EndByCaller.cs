using CredentialBroker.Attestation;
using CredentialBroker.Audit;
using CredentialBroker.Hosting;
using CredentialBroker.Leases;
using CredentialBroker.Protocol;
using CredentialBroker.Storage;
using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Issuance;

/// <summary>A workload gives its lease back, or an operator revokes one. Doing it twice is harmless.</summary>
internal sealed class EndByCaller(WorkloadAttestation attestation, LeaseStore leases, Journal journal, AuditChain chain, DueSignal due, TimeProvider clock)
{
    public async Task<Outcome> RunAsync(Operator? caller, Evidence evidence, string id, string? reason, CancellationToken cancel)
    {
        var lease = await leases.FindAsync(Pool.Control, id, cancel);
        var by = caller?.Name;
        if (caller is null)
        {
            var attested = await attestation.AttestAsync(evidence, cancel, now: false);
            if (attested is not Attested.As { Workload: var workload }) return new Outcome.Refused(((Attested.Refused)attested).Code, null);
            if (lease?.Lease.WorkloadId != workload.Id) lease = null;
            by = workload.Uri;
        }

        if (lease is null) return new Outcome.Refused(ReasonCodes.LeaseUnknown, $"no lease '{id}'");
        if (caller is not null && !caller.Scope.Covers(LeaseDimensions.Of(lease))) return new Outcome.Refused(ReasonCodes.OperatorForbidden, caller.Scope.Outside("this lease"));
        var now = clock.NowMs();
        var told = AuditEvent.Of(clock, "credential.revoke_requested", Streams.Control) with
        {
            Lease = id, Actor = by, Detail = reason is { Length: > 512 } ? reason[..512] : reason, Task = lease.Lease.Task, Environment = lease.Lease.Environment,
        };
        // A refusal means that it is over already, which is what was asked for.
        await journal.CommitAsync(Lane.Control, LeaseMoves.EndNow(id, now, Causes.Revoked), told.On(chain));
        due.Ring();
        return new Outcome.Accepted((await leases.FindAsync(Pool.Control, id, cancel))!);
    }

    internal abstract record Outcome
    {
        private Outcome() { }

        internal sealed record Accepted(LeaseOfWorkload Lease) : Outcome;

        internal sealed record Refused(string Code, string? Detail) : Outcome;
    }
}
