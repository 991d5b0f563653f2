using CredentialBroker.Attestation;
using CredentialBroker.Audit;
using CredentialBroker.Backends;
using CredentialBroker.Controls;
using CredentialBroker.Issuance;
using CredentialBroker.Issuer;
using CredentialBroker.Leases;
using CredentialBroker.Protocol;
using CredentialBroker.Storage;
using CredentialBroker.Storage.Journaling;
using CredentialBroker.Templates;

namespace CredentialBroker.Proofs;

/// <summary>
/// Makes canaries: on record like any lease, under freezes like any lease, and ended like any lease. In the place of an
/// approval stands that they are the broker's own, and that nothing of them leaves this process.
/// </summary>
internal sealed class Canaries(
    Making making, ControlStore controls, Journal journal, AuditChain chain, Fingerprints fingerprints, DueSignal due, TimeProvider clock)
{
    /// <summary>In the place of an approval's id.</summary>
    public const string Approval = "canary";

    /// <summary>Until a target knows a new credential everywhere.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    public async Task<Canary> BeginAsync(CanaryAsk ask, CancellationToken cancel)
    {
        var template = ask.Template;
        var snapshot = await controls.ReadAsync(cancel);
        var (decision, leaseId, now) = (Ids.New(clock), Ids.New(clock), clock.NowMs());
        var workload = CanaryWorkload.Of(ask.Workload, leaseId);
        var scoped = template.IntentRequired && ask.Intent?.Scopes is not { Count: > 0 }
            ? new Scoped.Refused(ReasonCodes.IntentRefused, "the template requires an intent that chooses among its scopes")
            : template.Scope(ask.Intent, ask.Intent, WorkloadFacts.Of(workload));
        if (scoped is Scoped.Refused no) return await RefuseAsync(ask, workload, decision, no.Code, no.Detail);

        var grant = ((Scoped.To)scoped).Grant;
        var backend = template.Backend;
        var order = new Order(leaseId, grant, WorkloadFacts.Of(workload), now + template.Ttl, now + Ms(backend.OperationTimeout)) { Approval = Approval };
        var lease = LeaseOf(template, workload, order, decision, now);
        var freeze = snapshot.Freezes.FirstOrDefault(freeze => freeze.Selector.Matches(LeaseDimensions.Of(Whole(lease, workload))));
        if (freeze is not null) return await RefuseAsync(ask, workload, decision, ReasonCodes.Frozen, $"freeze {freeze.Id}: {freeze.Reason}");

        var told = Decided(ask, workload, decision, "granted", "ok", grant.Privileges, snapshot.Epoch) with { Lease = leaseId, Task = lease.Task };
        if (await journal.CommitAsync(Lane.Issuing, new EpochGuard(snapshot.Epoch), new WorkloadSeen(workload, now), new LeaseOpen(lease, 1), told.On(chain)) is { } refusal)
            return new Canary.Refused(template, null, refusal.Code, refusal.Detail);

        var made = await making.RunAsync(backend, lease, order);
        if (made is Made.Failed failed) return await AbandonAsync(template, lease, failed.Certain, failed.Code, failed.Detail);
        var minted = ((Made.Credential)made).Minted;
        if (minted.DiesBy - lease.EndsAt > template.MaxResidual)
            return await AbandonAsync(template, lease, certain: true, ReasonCodes.ResidualTooLong, "the credential could outlive its lease by more than the template accepts");

        var fingerprint = fingerprints.Of(minted.Secret.Fingerprinted.Span);
        if (await journal.CommitAsync(Lane.Issuing,
                new EpochGuard(snapshot.Epoch), LeaseMoves.Activate(leaseId, decision, clock.NowMs(), minted.DiesBy, minted.Handle, fingerprint),
                IssueEvents.Kept(clock, chain, lease with { Fingerprint = fingerprint, DiesBy = minted.DiesBy })) is { } late)
            return await AbandonAsync(template, lease, certain: true, late.Code, late.Detail);
        return new Canary.Live(template, grant, lease with { DiesBy = minted.DiesBy }, minted.Secret, await UseAsync(backend, grant, minted.Secret, cancel));
    }

    /// <summary>Asks for the end; the due sweep ends it as it ends all.</summary>
    /// <returns>When it was asked, UTC milliseconds.</returns>
    public async Task<long> EndAsync(Canary.Live canary, string by)
    {
        var now = clock.NowMs();
        var told = AuditEvent.Of(clock, "credential.revoke_requested", Streams.Issuance) with
        {
            Lease = canary.Lease.Id, Task = canary.Lease.Task, Template = canary.Template.Name, Environment = canary.Template.Environment, Actor = by, Detail = "a canary has served",
        };
        await journal.CommitAsync(Lane.Control, LeaseMoves.EndNow(canary.Lease.Id, now, Causes.Revoked), told.On(chain));
        due.Ring();
        return now;
    }

    private async Task<Probe> UseAsync(Backend backend, Grant grant, Secret secret, CancellationToken cancel)
    {
        if (!grant.CanBeUsed) return Probe.NotPossible;
        for (var until = clock.GetUtcNow() + Patience; ; await Task.Delay(Pause, clock, cancel))
        {
            try
            {
                if (await backend.UseAsync(grant, secret, cancel) is not Probe.Dead and var seen) return seen;
            }
            catch (BackendException) when (clock.GetUtcNow() < until)
            {
                // Neither yes nor no; asked again.
                continue;
            }

            if (clock.GetUtcNow() >= until) return Probe.Dead;
        }
    }

    private async Task<Canary> RefuseAsync(CanaryAsk ask, Workload workload, string decision, string code, string detail)
    {
        await journal.CommitAsync(Lane.Issuing, Decided(ask, workload, decision, "refused", code, [], 0).On(chain));
        return new Canary.Refused(ask.Template, null, code, detail);
    }

    private async Task<Canary> AbandonAsync(CompiledTemplate template, Lease lease, bool certain, string code, string detail)
    {
        await journal.CommitAsync(Lane.Control, LeaseMoves.Abandon(lease.Id, lease.OpId!, clock.NowMs(), certain, detail));
        due.Ring();
        return new Canary.Refused(template, lease.Id, code, detail);
    }

    private AuditEvent Decided(CanaryAsk ask, Workload workload, string id, string effect, string code, IReadOnlyList<Privilege> privileges, long epoch) => AuditEvent.OfDecision(
        clock,
        new CallerBlock(workload.Source, workload.Kind, workload.Uri, workload.Subject, workload.Instance, workload.Strength, workload.EvidenceId, null),
        new DecisionBlock(id, effect, code, null, "canary", ask.Template.Tier, ask.Template.Revision, null, epoch) { ActivatedBy = ask.Template.ActivatedBy },
        privileges) with
    {
        Template = ask.Template.Name, Environment = ask.Template.Environment, Owners = ask.Template.Owners, Actor = ask.By,
    };

    private static Lease LeaseOf(CompiledTemplate template, Workload workload, Order order, string decision, long now)
    {
        var settles = order.Deadline + Ms(template.Backend.SettleTime);
        return new Lease
        {
            Id = order.LeaseId, State = LeaseState.Pending, Template = template.Name, TemplateRevision = template.Revision, Backend = template.BackendName, Target = order.Grant.Target,
            Environment = template.Environment, WorkloadId = workload.Id, Task = $"{Approval}/{order.LeaseId}", ApprovalId = Approval, DecisionId = decision, CreatedAt = now,
            EndsAt = order.EndsAt, EndsBecause = Causes.Ttl, MaxEndsAt = order.EndsAt, DiesBy = order.EndsAt, Handle = template.Backend.Plan(order),
            Revocability = template.Backend.RevocabilityOf(order.Grant), OpId = decision, OpSettlesAt = settles, DueAt = Math.Min(settles, order.EndsAt),
        };
    }

    private static LeaseOfWorkload Whole(Lease lease, Workload workload) => new(lease, workload.Source, workload.Uri, workload.Subject, workload.Instance)
    {
        Cluster = workload.Attributes.GetValueOrDefault("cluster"),
        Namespace = workload.Attributes.GetValueOrDefault("namespace"),
        ServiceAccount = workload.Attributes.GetValueOrDefault("serviceAccount"),
    };

    private static long Ms(TimeSpan time) => (long)time.TotalMilliseconds;
}
