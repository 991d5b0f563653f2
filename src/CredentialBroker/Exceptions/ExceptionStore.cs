using CredentialBroker.Storage;

namespace CredentialBroker.Exceptions;

/// <summary>The approved records that are not over, as they stand at one control epoch; policy looks at their windows itself.</summary>
internal sealed record StandingRecords(IReadOnlyList<ExceptionRecord> Exceptions, IReadOnlyList<ExceptionRecord> RiskAcceptances)
{
    public static StandingRecords None { get; } = new([], []);
}

/// <summary>Reads records. Nothing that is read here is changed without the guards of <see cref="ExceptionMoves"/>.</summary>
internal sealed class ExceptionStore(Store store, TimeProvider clock)
{
    private const int Page = 200;

    /// <summary>Exceptions that end last come first.</summary>
    public async Task<StandingRecords> ReadStandingAsync(CancellationToken cancel)
    {
        var standing = await store.ListAsync(Pool.Control, new Statement(
            $"SELECT {ExceptionRows.Columns} FROM exceptions WHERE state = 2 AND kind IN (1, 2) AND ends_at > @now ORDER BY ends_at DESC, id")
        {
            Values = [("now", clock.NowMs())],
        }, ExceptionRows.Read, cancel);
        return new StandingRecords(
            [.. standing.Where(r => r.Kind == RecordKind.Exception)], [.. standing.Where(r => r.Kind == RecordKind.RiskAcceptance)]);
    }

    public async Task<ExceptionRecord?> GetAsync(RecordKind kind, string id, CancellationToken cancel) =>
        (await store.ListAsync(Pool.Control, new Statement($"SELECT {ExceptionRows.Columns} FROM exceptions WHERE id = @id AND kind = @kind")
        {
            Values = [("id", id), ("kind", (long)kind)],
        }, ExceptionRows.Read, cancel)).SingleOrDefault();

    /// <summary>Newest first, at most 200.</summary>
    public Task<List<ExceptionRecord>> ListAsync(RecordKind kind, CancellationToken cancel) =>
        store.ListAsync(Pool.Control, new Statement($"SELECT {ExceptionRows.Columns} FROM exceptions WHERE kind = @kind ORDER BY id DESC LIMIT {Page}")
        {
            Values = [("kind", (long)kind)],
        }, ExceptionRows.Read, cancel);

    /// <summary>Approved records whose window is over.</summary>
    public Task<List<ExceptionRecord>> ListOverAsync(CancellationToken cancel) =>
        store.ListAsync(Pool.Control, new Statement($"SELECT {ExceptionRows.Columns} FROM exceptions WHERE state = 2 AND ends_at <= @now ORDER BY ends_at LIMIT {Page}")
        {
            Values = [("now", clock.NowMs())],
        }, ExceptionRows.Read, cancel);

    /// <summary>Break-glass that nobody reviewed in time and no finding was raised about yet.</summary>
    public Task<List<ExceptionRecord>> ListUnreviewedAsync(TimeSpan within, CancellationToken cancel) =>
        store.ListAsync(Pool.Control, new Statement(
            $"SELECT {ExceptionRows.Columns} FROM exceptions WHERE kind = 3 AND reviewed_at IS NULL AND requested_at <= @late AND flagged_at IS NULL ORDER BY requested_at LIMIT {Page}")
        {
            Values = [("late", clock.NowMs() - (long)within.TotalMilliseconds)],
        }, ExceptionRows.Read, cancel);
}
