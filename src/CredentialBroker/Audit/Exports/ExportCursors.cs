using CredentialBroker.Storage;
using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Audit.Exports;

/// <summary>
/// How far each export has come. One replica is at an export at a time; one that falls silent is relieved. The place
/// moves only after the other side has what lies before it.
/// </summary>
internal sealed class ExportCursors(Store store, Journal journal, TimeProvider clock)
{
    /// <summary>Longer than one delivery may take.</summary>
    private const long TurnMs = 60_000;

    /// <summary>Where an export stands, and whether another replica is at it; null before its first time.</summary>
    public async Task<(long Position, bool Taken)?> FindAsync(string name, CancellationToken cancel)
    {
        var found = await store.ListAsync(Pool.Control, new Statement("SELECT position, owner, owner_until FROM audit_exports WHERE name = @name") { Values = [("name", name)] },
            row => (row.GetInt64(0), Taken: !row.IsDBNull(1) && row.GetString(1) != journal.Writer && row.GetInt64(2) > clock.NowMs()), cancel);
        return found is [var one] ? one : null;
    }

    /// <summary>Takes the export for this replica.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="oldest">Where it begins when it is new.</param>
    /// <returns>Where to go on; null when another replica is at it.</returns>
    public async Task<long?> TakeAsync(string name, long oldest)
    {
        long? position = null;
        var now = clock.NowMs();
        await journal.CommitAsync(Lane.Issuing,
            new PlainWrite("INSERT INTO audit_exports (name, position, owner, owner_until) SELECT @name, @position, NULL, 0 WHERE NOT EXISTS (SELECT 1 FROM audit_exports WHERE name = @name)",
                ("name", name), ("position", oldest)) { LockNames = [$"audit export {name}"] },
            new PlainWrite(new Statement(
                "UPDATE audit_exports SET owner = @self, owner_until = @until WHERE name = @name AND (owner = @self OR owner IS NULL OR owner_until <= @now) RETURNING position")
            {
                Values = [("self", journal.Writer), ("until", now + TurnMs), ("name", name), ("now", now)],
                Row = row => position = row.GetInt64(0),
            }));
        return position;
    }

    /// <summary>Moves on after a delivery; false when another replica has taken the export meanwhile.</summary>
    public async Task<bool> MoveAsync(string name, long from, long to)
    {
        var moved = false;
        await journal.CommitAsync(Lane.Issuing, new PlainWrite(new Statement(
            "UPDATE audit_exports SET position = @to, owner_until = @until WHERE name = @name AND owner = @self AND position = @from RETURNING position")
        {
            Values = [("to", to), ("until", clock.NowMs() + TurnMs), ("name", name), ("self", journal.Writer), ("from", from)],
            Row = _ => moved = true,
        }));
        return moved;
    }

    /// <summary>Lets another replica take it before this one's turn is over.</summary>
    public Task ReleaseAsync(string name) => journal.CommitAsync(Lane.Issuing, new PlainWrite(
        "UPDATE audit_exports SET owner = NULL, owner_until = 0 WHERE name = @name AND owner = @self", ("name", name), ("self", journal.Writer)));

    /// <summary>The least place among the given exports; one that has not begun stands at 0.</summary>
    public async Task<long> LeastAsync(IReadOnlyCollection<string> names, CancellationToken cancel)
    {
        var places = await store.ListAsync(Pool.Control, new Statement("SELECT name, position FROM audit_exports"), row => (Name: row.GetString(0), Position: row.GetInt64(1)), cancel);
        return names.Count == 0 ? long.MaxValue : names.Min(name => places.FirstOrDefault(p => p.Name == name).Position);
    }
}
