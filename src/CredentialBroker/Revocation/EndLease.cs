using CredentialBroker.Audit;
using CredentialBroker.Backends;
using CredentialBroker.Leases;
using CredentialBroker.Storage;
using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Revocation;

/// <summary>
/// Ends one claimed lease. Never gives up and never lies: it is ended only when the target confirmed after every
/// operation in flight settled, or when the credential is dead by its own expiry.
/// </summary>
internal sealed class EndLease(BackendCatalog backends, Journal journal, AuditChain chain, EndLog log, TimeProvider clock)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public async Task RunAsync(Lease lease)
    {
        using var span = Spans.Root("end");
        span?.SetTag("lease", lease.Id).SetTag("backend", lease.Backend).SetTag("target", lease.Target).SetTag("attempt", lease.Attempts + 1);
        var backend = backends.Find(lease.Backend);
        // An end that began before an operation was over may have come before its effect, however late it finishes.
        var began = clock.NowMs();
        try
        {
            if (backend is null) throw new BackendException(lease.Backend, Protocol.ReasonCodes.TargetUnavailable, "this broker has no such backend", transient: true);
            using var limit = new CancellationTokenSource(Patience, clock);
            Milestones.Reach("end.before");
            var report = await EndAsync(backend, lease, limit.Token);
            Milestones.Reach("end.after");
            await RecordEndAsync(lease, began, report, "confirmed");
        }
        catch (BackendException error) when (backend?.DiesAtExpiryOf(lease.Handle) == true && clock.NowMs() >= lease.DiesBy && !Unsettled(lease, clock.NowMs()))
        {
            await RecordEndAsync(lease, began, new EndReport(WasThere: true), $"expired by itself; ending it failed: {error.Detail}");
        }
        catch (BackendException error)
        {
            span.Outcome(error.Code);
            await RecordFailureAsync(lease, error);
        }

        Milestones.Reach("ended.after");
    }

    private static async Task<EndReport> EndAsync(Backend backend, Lease lease, CancellationToken limit)
    {
        try
        {
            return await backend.EndAsync(lease.Handle, limit);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            throw new BackendException(lease.Backend, Protocol.ReasonCodes.TargetUnavailable, "the target did not answer in time", transient: true);
        }
    }

    /// <summary>True when ending speaks to nobody.</summary>
    public bool IsLocal(Lease lease) => backends.Find(lease.Backend) is { InProcess: true };

    private static bool Unsettled(Lease lease, long at) => lease.OpSettlesAt > at;

    private Task RecordEndAsync(Lease lease, long began, EndReport report, string detail)
    {
        if (Unsettled(lease, began)) return PersistAsync(lease, [LeaseMoves.EndAgain(lease.Id, lease.ClaimOwner!)]);
        var now = clock.NowMs();
        // Nothing ends what was handed out: it is honoured until its own expiry, and the lease is over only then.
        if (lease is { Revocability: Protocol.Revocability.ExpiryOnly, Fingerprint: not null } && now < lease.DiesBy) return PersistAsync(lease, [LeaseMoves.AwaitExpiry(lease.Id, lease.ClaimOwner!)]);
        var works = new List<Work>
        {
            LeaseMoves.Ended(lease.Id, lease.ClaimOwner!, now),
            (Tell("credential.revoked", Streams.Issuance, lease) with { Detail = detail }).On(chain),
        };
        // Sessions found open are the proof of use that this backend can give.
        if (report.SessionsCut > 0) works.Add((Tell("credential.used", Streams.Use, lease) with { Count = report.SessionsCut, Detail = "sessions open at the end, cut" }).On(chain));
        return PersistAsync(lease, works);
    }

    private Task RecordFailureAsync(Lease lease, BackendException error)
    {
        var attempts = lease.Attempts + 1;
        log.EndFailed(lease.Id, lease.Backend, lease.Target, attempts, error.Detail);
        var works = new List<Work> { LeaseMoves.EndFailed(lease.Id, lease.ClaimOwner!, clock.NowMs() + Backoff.After(attempts), error.Detail) };
        // Told once per stage, not once per attempt: an outage of a day must not fill the audit.
        if (attempts is 1 or Lease.StuckAfter)
        {
            works.Add((Tell(attempts == 1 ? "credential.revocation_failed" : "credential.revocation_stuck", Streams.Issuance, lease) with { Detail = error.Detail, Count = attempts }).On(chain));
        }

        if (attempts == Lease.StuckAfter) log.Stuck(lease.Id, lease.Target);
        return PersistAsync(lease, works);
    }

    /// <summary>The claim stands until its result is written, so the writing is repeated until the store takes it.</summary>
    private async Task PersistAsync(Lease lease, IReadOnlyList<Work> works)
    {
        for (var attempt = 1; ; attempt++)
        {
            Milestones.Reach("ended.before");
            try
            {
                if (await journal.CommitAsync(Lane.Control, works) is { } refusal) log.ResultRefused(lease.Id, refusal.Code);
                return;
            }
            catch (Exception error) when (error is StoreUnavailableException or JournalFullException && !journal.Stopping)
            {
                log.ResultWaits(lease.Id, error.Message);
                await Task.Delay(TimeSpan.FromMilliseconds(Backoff.After(attempt)), clock);
            }
        }
    }

    private AuditEvent Tell(string type, string stream, Lease lease) => Tell(clock, type, stream, lease);

    /// <summary>A record about the end of a lease.</summary>
    public static AuditEvent Tell(TimeProvider clock, string type, string stream, Lease lease) => AuditEvent.Of(clock, type, stream) with
    {
        Lease = lease.Id,
        Task = lease.Task,
        Approval = lease.ApprovalId,
        Template = lease.Template,
        Environment = lease.Environment,
        Cause = lease.Cause ?? lease.EndsBecause,
        Credential = new CredentialBlock(lease.Backend, lease.Target, lease.Fingerprint, lease.CreatedAt, lease.EndsAt, lease.DiesBy),
    };
}
