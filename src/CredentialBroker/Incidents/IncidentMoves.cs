using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Incidents;
using CredentialBroker.Storage;
using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Incidents;

/// <summary>Every way a bulk revocation changes, each with its guard, so that of replicas and people who act at once one prevails.</summary>
internal static class IncidentMoves
{
    /// <summary>Of two who ask under one key at once, one opens it.</summary>
    public static Work Unasked(string by, string key) => new RowGuard(
        $"incident-key:{by}:{key}",
        new Statement("SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM incidents WHERE asked_by = @by AND request_key = @key)") { Values = [("by", by), ("key", key)] },
        new Refusal(ReasonCodes.ClaimInProgress, "this key is being used; ask again"));

    public static Work Open(Incident incident, string key, string bodyHash) => new PlainWrite(
        """
        INSERT INTO incidents (id, request_key, body_hash, selector, reason, asked_by, asked_at, state, previewed, freeze_id, cursor, taken)
        VALUES (@id, @key, @hash, @selector, @reason, @by, @at, @state, @previewed, @freeze, '', 0)
        """,
        ("id", incident.Id), ("key", key), ("hash", bodyHash), ("selector", incident.Selector), ("reason", incident.Reason), ("by", incident.AskedBy), ("at", incident.AskedAt),
        ("state", incident.State), ("previewed", incident.Previewed), ("freeze", incident.FreezeId));

    public static IEnumerable<Work> Confirm(Incident incident, string by, long now) =>
    [
        Stands(incident, RevocationView.AwaitingConfirmation, "it does not wait for a confirmation any more"),
        new PlainWrite("UPDATE incidents SET state = @state, confirmed_by = @by, confirmed_at = @now WHERE id = @id", ("state", RevocationView.Selecting), ("by", by), ("now", now), ("id", incident.Id)),
    ];

    /// <summary>No further lease is taken; what was taken is ended all the same.</summary>
    public static IEnumerable<Work> Cancel(Incident incident, string by, long now) =>
    [
        Stands(incident, incident.State, "it went on meanwhile; look again"),
        new PlainWrite(
            "UPDATE incidents SET state = @state, cancelled_by = @by, cancelled_at = @now, finished_at = CASE WHEN taken = 0 THEN @now ELSE finished_at END WHERE id = @id",
            ("state", RevocationView.Cancelled), ("by", by), ("now", now), ("id", incident.Id)),
    ];

    /// <summary>
    /// Ends the next stretch of leases and moves the walk past them, in one commit: after a crash the walk goes on where it
    /// stood. An end by hand takes the place of one that came by itself and is not over at the target.
    /// </summary>
    /// <param name="leases">The stretch.</param>
    /// <param name="ended">Those of it that end in the same commit; they only have to be noted.</param>
    /// <param name="last">True when there are no more.</param>
    public static IEnumerable<Work> Take(Incident incident, IReadOnlyList<string> leases, IReadOnlySet<string> ended, bool last, long now)
    {
        yield return Stands(incident, RevocationView.Selecting, "another replica took this stretch");
        object?[][] rows = [.. leases.Where(id => !ended.Contains(id)).Select(id => new object?[] { id })];
        if (rows.Length > 0)
        {
            yield return new PlainWrite(new Statement(
                $"""
                UPDATE leases SET ends_at = CASE WHEN ends_at > @at THEN @at ELSE ends_at END, ends_because = @cause,
                    cause = CASE WHEN cause IS NULL THEN NULL ELSE @cause END, due_at = @at
                WHERE id IN (SELECT r.id FROM {Rows.From}) AND (state IN (1, 2) AND ends_at > @at OR coalesce(cause, ends_because) NOT IN ('revoked', 'incident', 'misused', 'mint_failed'))
                """) { Shape = Rows, Rows = rows, Values = [("at", now), ("cause", Leases.Causes.Incident)] });
        }

        if (leases.Count > 0)
        {
            yield return new PlainWrite(new Statement($"INSERT INTO incident_leases (incident_id, lease_id, over) SELECT @incident, r.id, r.over FROM {Taken.From} WHERE 1 = 1 ON CONFLICT (incident_id, lease_id) DO NOTHING")
            {
                Shape = Taken, Rows = [.. leases.Select(id => new object?[] { id, ended.Contains(id) ? 1L : 0L })], Values = [("incident", incident.Id)],
            });
        }

        yield return new PlainWrite(
            "UPDATE incidents SET cursor = @cursor, taken = taken + @taken, state = @state WHERE id = @id",
            ("cursor", leases.Count > 0 ? leases[^1] : incident.Cursor), ("taken", leases.Count), ("state", last ? RevocationView.Ending : RevocationView.Selecting), ("id", incident.Id));
    }

    public static IEnumerable<Work> Finish(Incident incident, long now) =>
    [
        Stands(incident, incident.State, "another replica finished it"),
        new PlainWrite(
            "UPDATE incidents SET finished_at = @now, state = @state WHERE id = @id",
            ("now", now), ("state", incident.State == RevocationView.Ending ? RevocationView.Finished : incident.State), ("id", incident.Id)),
    ];

    /// <summary>Notes which of the taken leases are over.</summary>
    public static Work Note(Incident incident, IReadOnlyList<string> over) => new PlainWrite(new Statement(
        $"UPDATE incident_leases SET over = 1 WHERE incident_id = @incident AND lease_id IN (SELECT r.id FROM {Rows.From})")
    {
        Shape = Rows, Rows = [.. over.Select(id => new object?[] { id })], Values = [("incident", incident.Id)],
    });

    private static RowShape Rows { get; } = new("r", ("id", ColumnType.Text));

    private static RowShape Taken { get; } = new("r", ("id", ColumnType.Text), ("over", ColumnType.Number));

    private static RowGuard Stands(Incident incident, string state, string otherwise) => new(
        $"incident:{incident.Id}",
        new Statement("SELECT 1 FROM incidents WHERE id = @id AND state = @state AND cursor = @cursor AND finished_at IS NULL") { Values = [("id", incident.Id), ("state", state), ("cursor", incident.Cursor)] },
        new Refusal(ReasonCodes.RevocationOver, otherwise));
}
