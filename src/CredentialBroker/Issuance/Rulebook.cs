using CredentialBroker.Controls;
using CredentialBroker.Exceptions;
using CredentialBroker.Storage;
using CredentialBroker.Templates;

namespace CredentialBroker.Issuance;

/// <summary>Controls, templates and exceptions as they stand at one epoch.</summary>
internal sealed record Rules(ControlSnapshot Controls, TemplateCatalog Templates, StandingRecords Standing);

/// <summary>
/// Holds the rules of the newest epoch this replica has seen. They may be a moment old: every grant is committed under
/// the epoch they were read at, and one from an older epoch is sent back here.
/// </summary>
internal sealed class Rulebook(ControlStore controls, TemplateStore templates, ExceptionStore exceptions)
{
    private readonly Turns _turns = new(1);
    private Rules? _rules;

    public ValueTask<Rules> ReadAsync(CancellationToken cancel) =>
        Volatile.Read(ref _rules) is { } rules ? ValueTask.FromResult(rules) : new ValueTask<Rules>(RefreshAsync(cancel));

    /// <summary>Reads anew if the epoch moved. Many who ask at once share one reading.</summary>
    public async Task<Rules> RefreshAsync(CancellationToken cancel)
    {
        var seen = Volatile.Read(ref _rules);
        using var turn = await _turns.TakeAsync(cancel);
        var now = Volatile.Read(ref _rules);
        if (now is not null && now != seen) return now;
        if (now is not null && await controls.ReadEpochAsync(cancel) == now.Controls.Epoch) return now;
        // The epoch is read first, so that templates newer than it are at worst judged once more.
        var snapshot = await controls.ReadAsync(cancel);
        var fresh = new Rules(snapshot, await templates.ReadAsync(cancel), await exceptions.ReadStandingAsync(cancel));
        Volatile.Write(ref _rules, fresh);
        return fresh;
    }
}
