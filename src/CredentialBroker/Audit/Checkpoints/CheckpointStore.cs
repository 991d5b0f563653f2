using CredentialBroker.Protocol.Evidence;
using CredentialBroker.Storage;

namespace CredentialBroker.Audit.Checkpoints;

/// <summary>Reads signed checkpoints.</summary>
internal sealed class CheckpointStore(Store store)
{
    public Task<List<CheckpointView>> NewestAsync(int count, CancellationToken cancel) =>
        store.ListAsync(Pool.Control, new Statement("SELECT size, at, note FROM audit_checkpoints ORDER BY size DESC LIMIT @count") { Values = [("count", count)] }, Read, cancel);

    /// <summary>Those that cover more than so many records, smallest first.</summary>
    public Task<List<CheckpointView>> AfterAsync(long size, int count, CancellationToken cancel) =>
        store.ListAsync(Pool.Control, new Statement("SELECT size, at, note FROM audit_checkpoints WHERE size > @size ORDER BY size LIMIT @count")
        {
            Values = [("size", size), ("count", count)],
        }, Read, cancel);

    public async Task<CheckpointView?> FindAsync(long size, CancellationToken cancel) =>
        (await store.ListAsync(Pool.Control, new Statement("SELECT size, at, note FROM audit_checkpoints WHERE size = @size") { Values = [("size", size)] }, Read, cancel)).SingleOrDefault();

    private static CheckpointView Read(System.Data.Common.DbDataReader row) =>
        new(row.GetInt64(0), DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(1)), row.GetString(2));
}
