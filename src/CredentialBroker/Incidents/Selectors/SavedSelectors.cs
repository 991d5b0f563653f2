using CredentialBroker.Audit;
using CredentialBroker.Protocol.Incidents;
using CredentialBroker.Storage;
using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Incidents;

/// <summary>Selectors under names. They are texts: who uses one is narrowed as if it had been typed.</summary>
internal sealed class SavedSelectors(Store store, Journal journal, AuditChain chain, TimeProvider clock)
{
    public Task<List<SavedSelector>> ListAsync(CancellationToken cancel) => ListAsync("1 = 1", [], cancel);

    public async Task<SavedSelector?> FindAsync(string name, CancellationToken cancel) => (await ListAsync("name = @name", [("name", name)], cancel)).SingleOrDefault();

    public Task SaveAsync(string name, SelectorRequest request, string by) => journal.CommitAsync(Lane.Control,
        new PlainWrite(
            """
            INSERT INTO saved_selectors (name, selector, note, owner, changed_at) VALUES (@name, @selector, @note, @by, @now)
            ON CONFLICT (name) DO UPDATE SET selector = excluded.selector, note = excluded.note, owner = excluded.owner, changed_at = excluded.changed_at
            """,
            ("name", name), ("selector", request.Selector), ("note", request.Note), ("by", by), ("now", clock.NowMs())),
        Told("selector.saved", name, by, request.Selector));

    public Task DropAsync(string name, string by) => journal.CommitAsync(Lane.Control, new PlainWrite("DELETE FROM saved_selectors WHERE name = @name", ("name", name)), Told("selector.dropped", name, by, null));

    private Work Told(string type, string name, string by, string? detail) => (AuditEvent.Of(clock, type, Streams.Control) with { Actor = by, Subject = name, Detail = detail }).On(chain);

    private Task<List<SavedSelector>> ListAsync(string where, (string, object?)[] values, CancellationToken cancel) => store.ListAsync(
        Pool.Control, new Statement($"SELECT name, selector, note, owner, changed_at FROM saved_selectors WHERE {where} ORDER BY name") { Values = values },
        row => new SavedSelector(row.GetString(0), row.GetString(1), row.GetString(2), row.GetString(3), DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(4))), cancel);
}
