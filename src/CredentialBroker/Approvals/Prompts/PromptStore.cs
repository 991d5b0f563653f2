using CredentialBroker.Storage;
using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Approvals.Prompts;

/// <summary>A prompt that is still to be looked into.</summary>
/// <param name="Text">As its format wrote it.</param>
/// <param name="Attempts">How often somebody began to.</param>
internal sealed record WaitingPrompt(string Id, string Source, string Text, long ReceivedAt, long Attempts);

/// <summary>
/// Prompts as rows: what was accepted is there until it was settled, whoever is killed meanwhile. A replica that begins one
/// puts it off for the others, so that it is begun again only when that replica does not come back.
/// </summary>
internal sealed class PromptStore(Store store, Journal journal, TimeProvider clock)
{
    /// <summary>Longer than a look can take: at most four requests of five seconds, at any source.</summary>
    private const long Begun = 60_000;

    public static Work Keep(string id, string source, Prompt prompt, long now) => new PlainWrite(
        "INSERT INTO approval_prompts (id, source, about, prompt, received_at, due_at, attempts) VALUES (@id, @source, @about, @prompt, @now, @now, 0)",
        ("id", id), ("source", source), ("about", prompt.About), ("prompt", prompt.Text), ("now", now));

    public static Work Settle(string id) => new PlainWrite("DELETE FROM approval_prompts WHERE id = @id", ("id", id));

    /// <summary>Takes the one that waits longest, or null when none is due.</summary>
    public async Task<WaitingPrompt?> BeginAsync(CancellationToken cancel)
    {
        var now = clock.NowMs();
        var due = await store.ListAsync(Pool.Control, new Statement("SELECT id FROM approval_prompts WHERE due_at <= @now ORDER BY due_at, id LIMIT 1")
        {
            Values = [("now", now)],
        }, row => row.GetString(0), cancel);
        if (due.Count == 0) return null;
        WaitingPrompt? begun = null;
        await journal.CommitAsync(Lane.Control, new PlainWrite(new Statement(
            "UPDATE approval_prompts SET due_at = @until, attempts = attempts + 1 WHERE id = @id AND due_at <= @now RETURNING id, source, prompt, received_at, attempts")
        {
            Values = [("until", now + Begun), ("id", due[0]), ("now", now)],
            Row = row => begun = new WaitingPrompt(
                row.GetString(0), row.GetString(1), row.GetString(2), row.GetInt64(3), row.GetInt64(4)),
        })
        {
            LockNames = [$"approval prompt:{due[0]}"],
        });
        return begun;
    }

    public async Task PutOffAsync(string id, long until, string fault) => await journal.CommitAsync(Lane.Control, new PlainWrite(
        "UPDATE approval_prompts SET due_at = @until, last_error = @fault WHERE id = @id", ("until", until), ("fault", fault), ("id", id)));

    /// <summary>Whether one about the same still waits, in which case its outcome is open.</summary>
    public async Task<bool> AnyAboutAsync(string source, string about, CancellationToken cancel) =>
        (await store.ListAsync(Pool.Control, new Statement("SELECT id FROM approval_prompts WHERE source = @source AND about = @about LIMIT 1")
        {
            Values = [("source", source), ("about", about)],
        }, row => row.GetString(0), cancel)).Count > 0;
}
