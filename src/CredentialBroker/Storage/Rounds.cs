using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Storage;

/// <summary>What one replica does for all of them, again and again: whoever finds it due first takes the turn.</summary>
internal sealed class Rounds(Store store, Journal journal, TimeProvider clock)
{
    private static readonly Refusal Taken = new("round_taken", "it is not due, or another replica took the turn");

    /// <summary>Of these, which are due now. One that was never seen before is due after its first interval.</summary>
    public async Task<IReadOnlyList<string>> DueAsync(IReadOnlyCollection<string> names, TimeSpan every, CancellationToken cancel)
    {
        var known = (await store.ListAsync(Pool.Control, new Statement("SELECT name, due_at FROM rounds"), row => (Name: row.GetString(0), Due: row.GetInt64(1)), cancel)).ToDictionary(row => row.Name, row => row.Due);
        foreach (var name in names.Where(name => !known.ContainsKey(name))) await NoteAsync(name, Next(every));
        return [.. names.Where(name => known.TryGetValue(name, out var due) && due <= clock.NowMs())];
    }

    /// <summary>True for the one replica whose turn it is; the next is an interval later.</summary>
    public async Task<bool> TakeAsync(string name, TimeSpan every) => await journal.CommitAsync(Lane.Control,
        new RowGuard($"round:{name}", new Statement("SELECT 1 FROM rounds WHERE name = @name AND due_at <= @now") { Values = [("name", name), ("now", clock.NowMs())] }, Taken),
        new PlainWrite("UPDATE rounds SET due_at = @due WHERE name = @name", ("name", name), ("due", Next(every)))) is null;

    /// <summary>Something changed that is not to wait for the next turn.</summary>
    public Task HastenAsync(string name) => journal.CommitAsync(Lane.Control, new PlainWrite("UPDATE rounds SET due_at = @now WHERE name = @name AND due_at > @now", ("now", clock.NowMs()), ("name", name)));

    private Task NoteAsync(string name, long due) => journal.CommitAsync(Lane.Control, new PlainWrite(
        "INSERT INTO rounds (name, due_at) VALUES (@name, @due) ON CONFLICT (name) DO NOTHING", ("name", name), ("due", due)));

    private long Next(TimeSpan every) => clock.NowMs() + (long)every.TotalMilliseconds;
}
