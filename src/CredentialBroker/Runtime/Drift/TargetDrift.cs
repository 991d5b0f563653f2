using System.Globalization;
using CredentialBroker.Backends;
using CredentialBroker.Controls;
using CredentialBroker.Leases;
using CredentialBroker.Storage;

namespace CredentialBroker.Runtime.Drift;

/// <summary>
/// Compares one target with the leases: what carries this broker's id there and has no lease is ended, and what keeps the
/// target from serving leases is told. The target is listed before the store is read, so that what was made in between is known.
/// </summary>
internal sealed class TargetDrift(LeaseStore leases, ControlStore controls, FindingStore findings, DriftOptions options, DriftLog log, TimeProvider clock)
{
    /// <summary>Who sets the holds.</summary>
    public const string By = "drift";

    private static readonly TimeSpan HoldLength = TimeSpan.FromHours(24);

    public async Task RunAsync(Backend backend, string target, CancellationToken cancel)
    {
        List<Finding> seen = [.. (await backend.CheckAsync(target, cancel)).Select(problem => new Finding(FindingKinds.Configuration, problem))];
        try
        {
            seen.AddRange(await OrphansAsync(backend, target, cancel));
        }
        catch (BackendException error)
        {
            log.NotListed(backend.Name, target, error.Detail);
        }

        await findings.RecordAsync($"{backend.Name}/{target}", seen, cancel);
    }

    private async Task<IReadOnlyList<Finding>> OrphansAsync(Backend backend, string target, CancellationToken cancel)
    {
        var ours = await backend.ListAsync(target, cancel);
        if (ours.Count == 0) return [];
        var newest = await leases.NewestAsync(cancel);
        if (ours.Count(one => string.CompareOrdinal(one.LeaseId, newest) > 0) is var ahead and > 0)
        {
            // A store from a backup knows as due what was renewed since, and does not know what was made since.
            await HoldAsync(target, $"{backend.Name}/{target} knows of newer leases than the store", cancel);
            return [new Finding(FindingKinds.StoreBehind, string.Create(CultureInfo.InvariantCulture, $"{ahead} things there are newer than the store's newest lease; was the store restored?"))];
        }

        var live = await leases.LiveAmongAsync([.. ours.Select(one => one.LeaseId)], cancel);
        var orphans = ours.Where(one => !live.Contains(one.LeaseId)).ToList();
        if (orphans.Count > options.MostOrphans)
        {
            await HoldAsync(target, string.Create(CultureInfo.InvariantCulture, $"{orphans.Count} orphans at {backend.Name}/{target}"), cancel);
            return [new Finding(FindingKinds.OrphansLeft, string.Create(CultureInfo.InvariantCulture, $"more than {options.MostOrphans} things there have no lease; nothing was ended"))];
        }

        var ended = new List<Finding>();
        foreach (var orphan in orphans)
        {
            if (await EndAsync(backend, orphan, cancel) is { } finding) ended.Add(finding);
        }

        return ended;
    }

    /// <summary>Null where it went by itself meanwhile: its lease was just being ended.</summary>
    private static async Task<Finding?> EndAsync(Backend backend, Ours orphan, CancellationToken cancel)
    {
        try
        {
            var report = await backend.EndAsync(orphan.Handle, cancel);
            return report.WasThere ? new Finding(FindingKinds.Orphan, $"what lease {orphan.LeaseId} is named in had no lease, and was ended", Over: true) { Lease = orphan.LeaseId } : null;
        }
        catch (BackendException error)
        {
            return new Finding(FindingKinds.Orphan, $"what lease {orphan.LeaseId} is named in has no lease, and ending it failed: {error.Detail}") { Lease = orphan.LeaseId };
        }
    }

    /// <summary>Automatic ends at the target wait until a person looked; once is enough.</summary>
    private async Task HoldAsync(string target, string reason, CancellationToken cancel)
    {
        if ((await controls.ReadAsync(cancel)).Holds.Any(hold => hold.By == By && hold.SelectorText == $"target={target}")) return;
        var hold = await controls.HoldAsync($"target={target}", reason, By, clock.NowMs() + (long)HoldLength.TotalMilliseconds);
        log.Held(hold.Id, reason);
    }
}
