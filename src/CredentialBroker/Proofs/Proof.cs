using CredentialBroker.Audit;
using CredentialBroker.Backends;
using CredentialBroker.Leases;
using CredentialBroker.Storage;
using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Proofs;

/// <summary>Keeps using a canary's credential after its end was asked for, until the target refuses it.</summary>
internal sealed class Proof(Journal journal, AuditChain chain, ProofMetrics metrics, ProofLog log, TimeProvider clock)
{
    /// <summary>A target of many machines may refuse at one and honour at the next: so often in a row is believed.</summary>
    private const int Refusals = 2;

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan After = TimeSpan.FromMinutes(1);

    /// <param name="asked">When its end was asked for, UTC milliseconds.</param>
    /// <returns>Milliseconds until it was refused; null when it was still honoured after it should have died by itself.</returns>
    public async Task<long?> RunAsync(Canary.Live canary, long asked, CancellationToken cancel)
    {
        var backend = canary.Template.Backend;
        var expected = backend.ExpectedLatencyOf(canary.Grant);
        var (refusals, refusedAt, told) = (0, 0L, false);
        for (var pause = FirstPause; clock.NowMs() < canary.Lease.DiesBy + (long)After.TotalMilliseconds; pause = TimeSpan.FromTicks(Math.Min(pause.Ticks * 3 / 2, LongestPause.Ticks)))
        {
            var at = clock.NowMs();
            var seen = await AskAsync(backend, canary, cancel);
            if (seen == Probe.Dead && refusals++ == 0) refusedAt = at;
            if (seen == Probe.Alive) refusals = 0;
            if (refusals == Refusals) return await DeadAsync(canary, refusedAt, refusedAt - asked);
            if (seen == Probe.Alive && !told && at - asked > expected.TotalMilliseconds)
            {
                told = true;
                await OutlivedAsync(canary, at, at - asked);
            }

            await Task.Delay(pause, clock, cancel);
        }

        log.NeverRefused(canary.Lease.Id, canary.Lease.Backend, canary.Lease.Target);
        return null;
    }

    private static async Task<Probe> AskAsync(Backend backend, Canary.Live canary, CancellationToken cancel)
    {
        try
        {
            return await backend.UseAsync(canary.Grant, canary.Secret, cancel);
        }
        catch (BackendException)
        {
            return Probe.NotPossible;
        }
    }

    private async Task<long?> DeadAsync(Canary.Live canary, long at, long took)
    {
        metrics.Dead(canary.Lease.Backend, canary.Lease.Target, TimeSpan.FromMilliseconds(took));
        await journal.CommitAsync(Lane.Control, LeaseMarks.Dead(canary.Lease.Id, at), (Tell("credential.proved_dead", canary) with { Count = took, Detail = "milliseconds from asking for the end to the first refusal" }).On(chain));
        return took;
    }

    private async Task OutlivedAsync(Canary.Live canary, long at, long took)
    {
        metrics.Outlived(canary.Lease.Backend, canary.Lease.Target);
        log.Outlived(canary.Lease.Id, canary.Lease.Backend, canary.Lease.Target, took);
        await journal.CommitAsync(Lane.Control, LeaseMarks.Alive(canary.Lease.Id, at), (Tell("credential.outlived_end", canary) with { Count = took, Detail = "milliseconds after asking for the end, and still honoured" }).On(chain));
    }

    private AuditEvent Tell(string type, Canary.Live canary) => AuditEvent.Of(clock, type, Streams.Use) with
    {
        Lease = canary.Lease.Id,
        Task = canary.Lease.Task,
        Template = canary.Template.Name,
        Environment = canary.Template.Environment,
        Credential = new CredentialBlock(canary.Lease.Backend, canary.Lease.Target, null, canary.Lease.CreatedAt, canary.Lease.EndsAt, canary.Lease.DiesBy),
    };
}
