using CredentialBroker.Audit;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Selectors;
using CredentialBroker.Storage;
using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Controls;

/// <summary>Freezes and holds in the store, and the snapshot of them that decisions rest on.</summary>
internal sealed class ControlStore(Store store, Journal journal, AuditChain chain, TimeProvider clock)
{
    /// <summary>Reads the epoch before the controls: what changes in between belongs to a later epoch and is judged again.</summary>
    public async Task<ControlSnapshot> ReadAsync(CancellationToken cancel)
    {
        var epoch = await ReadEpochAsync(cancel);
        var freezes = await store.ListAsync(Pool.Control, new Statement(
            "SELECT id, selector, reason, set_by, set_at, expires_at FROM freezes WHERE lifted_at IS NULL AND coalesce(expires_at, @now + 1) > @now ORDER BY id")
        {
            Values = [("now", clock.NowMs())],
        }, row => new Freeze(row.GetString(0), row.GetString(1), Parse(row.GetString(1)), row.GetString(2), row.GetString(3), row.GetInt64(4), row.IsDBNull(5) ? null : row.GetInt64(5)), cancel);
        var holds = await store.ListAsync(Pool.Control, new Statement(
            "SELECT id, selector, reason, set_by, set_at, expires_at FROM holds WHERE lifted_at IS NULL AND expires_at > @now ORDER BY id")
        {
            Values = [("now", clock.NowMs())],
        }, row => new Hold(row.GetString(0), row.GetString(1), Parse(row.GetString(1)), row.GetString(2), row.GetString(3), row.GetInt64(4), row.GetInt64(5)), cancel);
        return new ControlSnapshot(epoch, freezes, holds);
    }

    public async Task<long> ReadEpochAsync(CancellationToken cancel) =>
        (await store.ListAsync(Pool.Control, new Statement("SELECT epoch FROM control_epoch WHERE id = 1"), row => row.GetInt64(0), cancel))[0];

    /// <summary>Sets a freeze. When this returns, no grant that it forbids is committed any more, on any replica.</summary>
    public async Task<Freeze> FreezeAsync(string selector, string reason, string by, long? expiresAt)
    {
        var (freeze, works) = Freezing(selector, reason, by, expiresAt);
        await CommitAsync(works);
        return freeze;
    }

    /// <summary>A freeze as work of a unit that does more.</summary>
    public (Freeze Freeze, IReadOnlyList<Work> Works) Freezing(string selector, string reason, string by, long? expiresAt)
    {
        var freeze = new Freeze(Ids.New(clock), selector, Parse(selector), reason, by, clock.NowMs(), expiresAt);
        return (freeze, Control("freeze.set", freeze.Id, by, $"{selector}: {reason}", new PlainWrite(
            "INSERT INTO freezes (id, selector, reason, set_by, set_at, expires_at) VALUES (@id, @selector, @reason, @by, @at, @expires)",
            ("id", freeze.Id), ("selector", selector), ("reason", reason), ("by", by), ("at", freeze.At), ("expires", expiresAt))));
    }

    /// <summary>Sets a hold: automatic ends that it selects wait until it expires or is lifted.</summary>
    public async Task<Hold> HoldAsync(string selector, string reason, string by, long expiresAt)
    {
        var hold = new Hold(Ids.New(clock), selector, Parse(selector), reason, by, clock.NowMs(), expiresAt);
        await ControlAsync("hold.set", hold.Id, by, $"{selector}: {reason}", new PlainWrite(
            "INSERT INTO holds (id, selector, reason, set_by, set_at, expires_at) VALUES (@id, @selector, @reason, @by, @at, @expires)",
            ("id", hold.Id), ("selector", selector), ("reason", reason), ("by", by), ("at", hold.At), ("expires", expiresAt)));
        return hold;
    }

    public Task LiftFreezeAsync(string id, string by) => ControlAsync("freeze.lifted", id, by, null, new PlainWrite(
        "UPDATE freezes SET lifted_by = @by, lifted_at = @now WHERE id = @id AND lifted_at IS NULL", ("id", id), ("by", by), ("now", clock.NowMs())));

    public Task LiftHoldAsync(string id, string by) => ControlAsync("hold.lifted", id, by, null, new PlainWrite(
        "UPDATE holds SET lifted_by = @by, lifted_at = @now WHERE id = @id AND lifted_at IS NULL", ("id", id), ("by", by), ("now", clock.NowMs())));

    private Task ControlAsync(string type, string subject, string by, string? detail, PlainWrite write) => CommitAsync(Control(type, subject, by, detail, write));

    private IReadOnlyList<Work> Control(string type, string subject, string by, string? detail, PlainWrite write) =>
        [new EpochBump(), write, (AuditEvent.Of(clock, type, Streams.Control) with { Actor = by, Subject = subject, Detail = detail }).On(chain)];

    private async Task CommitAsync(IReadOnlyList<Work> works)
    {
        if (await journal.CommitAsync(Lane.Control, works) is { } refusal)
        {
            throw new InvalidOperationException($"a control has no guard, yet: {refusal.Code}");
        }
    }

    /// <summary>The one selector that is spelled without terms: everything.</summary>
    public const string All = "--all";

    /// <summary>Reads a control's selector.</summary>
    public static bool TryRead(string text, out Selector? selector, out SelectorError? error)
    {
        if (text != All) return Selector.TryParse(text, out selector, out error);
        (selector, error) = (new Selector([]), null);
        return true;
    }

    private static Selector Parse(string text) => TryRead(text, out var selector, out var error) ? selector! : throw new FormatException($"selector, {error}");
}
