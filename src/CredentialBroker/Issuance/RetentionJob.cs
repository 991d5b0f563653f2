using CredentialBroker.Audit;
using CredentialBroker.Protocol;
using CredentialBroker.Storage.Journaling;
using CredentialBroker.Storage;

namespace CredentialBroker.Issuance;

/// <summary>Each half minute: forgets rows that nothing depends on any more, in slices, so that no claim waits behind a large one.</summary>
internal sealed class RetentionJob(Retention retention, AuditRetention audit, RefreshLog log) : LocalJob(log.TidyFailed)
{
    public override async Task RunAsync(CancellationToken cancel)
    {
        await retention.RunAsync(cancel);
        await audit.RunAsync(cancel);
    }
}

/// <summary>Which rows are old, and that nothing depends on them.</summary>
internal sealed class Retention(Store store, Journal journal, RetentionOptions keep, TimeProvider clock)
{
    private const int Slice = 1000;
    private const int SlicesAtOnce = 100;

    private static readonly RowShape Keys = new("r", ("id", ColumnType.Text));

    /// <summary>Where the walk over workloads stands: they are in no order of time, and an index on one would cost every claim.</summary>
    private string _walked = "";

    public async Task RunAsync(CancellationToken cancel)
    {
        await DropAsync("SELECT key FROM claims WHERE claimed_at < @late ORDER BY claimed_at LIMIT @slice", keep.Claims, [], cancel, ("claims", "key"));
        await DropAsync("SELECT task FROM ended_tasks WHERE ended_at < @late ORDER BY ended_at LIMIT @slice", keep.EndedTasks, [], cancel, ("ended_tasks", "task"));
        await DropAsync("SELECT id FROM ended_leases WHERE ended_at < @late ORDER BY ended_at LIMIT @slice", keep.EndedLeases, [], cancel, ("lease_marks", "lease_id"), ("credential_uses", "lease_id"), ("ended_leases", "id"));
        await DropAsync("SELECT id FROM findings WHERE resolved_at < @late ORDER BY resolved_at LIMIT @slice", keep.EndedLeases, [], cancel, ("findings", "id"));
        // Ids grow with time, so that the old ones are found by them.
        await DropAsync("SELECT id FROM alarms WHERE id < @bound AND received_at < @late ORDER BY id LIMIT @slice", keep.EndedLeases, [("bound", Ids.FirstOf(Late(keep.EndedLeases)))], cancel, ("alarms", "id"));
        await DropAsync("SELECT id FROM exposures WHERE id < @bound AND reported_at < @late ORDER BY id LIMIT @slice", keep.EndedLeases, [("bound", Ids.FirstOf(Late(keep.EndedLeases)))], cancel, ("exposures", "id"));
        await DropAsync(
            "SELECT a.id FROM approvals a WHERE a.id < @bound AND a.valid_until < @late AND NOT EXISTS (SELECT 1 FROM leases l WHERE l.approval_id = a.id) ORDER BY a.id LIMIT @slice",
            keep.Approvals, [("bound", Ids.FirstOf(Late(keep.Approvals)))], cancel, ("approval_uses", "approval_id"), ("approvals", "id"));
        await WalkWorkloadsAsync(cancel);
    }

    private async Task DropAsync(string select, TimeSpan kept, (string, object?)[] more, CancellationToken cancel, params (string Table, string Key)[] from)
    {
        for (var i = 0; i < SlicesAtOnce; i++)
        {
            var keys = await store.ListAsync(Pool.Control, new Statement(select) { Values = [("late", Late(kept)), ("slice", Slice), .. more] }, row => row.GetString(0), cancel);
            if (keys.Count > 0) await DeleteAsync(keys, from);
            if (keys.Count < Slice) return;
        }
    }

    private async Task WalkWorkloadsAsync(CancellationToken cancel)
    {
        var slice = await store.ListAsync(Pool.Control, new Statement("SELECT id, seen_at FROM workloads WHERE id > @after ORDER BY id LIMIT @slice")
        {
            Values = [("after", _walked), ("slice", Slice)],
        }, row => (Id: row.GetString(0), SeenAt: row.GetInt64(1)), cancel);
        _walked = slice.Count < Slice ? "" : slice[^1].Id;
        var old = slice.Where(w => w.SeenAt < Late(keep.Workloads)).Select(w => w.Id).ToList();
        if (old.Count == 0) return;
        // Seen and leased are asked again where it is deleted: it may have come back.
        await journal.CommitAsync(Lane.Issuing, new PlainWrite(new Statement(
            $"""
            DELETE FROM workloads WHERE id IN (SELECT r.id FROM {Keys.From}) AND seen_at < @late
            AND NOT EXISTS (SELECT 1 FROM leases l WHERE l.workload_id = workloads.id)
            AND NOT EXISTS (SELECT 1 FROM ended_leases e WHERE e.workload_id = workloads.id AND e.ended_at > @lately)
            """)
        {
            Shape = Keys,
            Rows = [.. old.Select(id => new object?[] { id })],
            // An instance that was granted something lately is not written again when it comes back.
            Values = [("late", Late(keep.Workloads)), ("lately", Late(TimeSpan.FromHours(1)))],
        }));
    }

    private Task DeleteAsync(List<string> keys, (string Table, string Key)[] from) => journal.CommitAsync(Lane.Issuing,
    [
        .. from.Select(f => new PlainWrite(new Statement($"DELETE FROM {f.Table} WHERE {f.Key} IN (SELECT r.id FROM {Keys.From})")
        {
            Shape = Keys,
            Rows = [.. keys.Select(key => new object?[] { key })],
        }) { LockNames = ["retention"] }),
    ]);

    private long Late(TimeSpan kept) => clock.NowMs() - (long)kept.TotalMilliseconds;
}
