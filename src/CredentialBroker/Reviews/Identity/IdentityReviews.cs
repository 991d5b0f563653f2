using System.Data.Common;
using System.Text.Json;
using CredentialBroker.Controls;
using CredentialBroker.Leases;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Reviews;
using CredentialBroker.Storage;
using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Reviews.Identity;

/// <summary>Reviews as they are kept: one per workload and fingerprint, of which one is what the workload was last seen as.</summary>
internal sealed class IdentityReviews(Store store)
{
    private const string Columns = "id, workload, fingerprint, state, current, review, facts, changes, reviewed_by, reviewed_at, decided_by, decided_at, note";
    private const int MostShown = 1000;

    /// <summary>
    /// The fingerprint that somebody accepted and that the workload was last seen with; null when it was never accepted, was refused
    /// since, or is another by now. For policy.
    /// </summary>
    public async Task<string?> ReviewedAsync(string workload, CancellationToken cancel) => (await store.ListAsync(Pool.Issuing, new Statement(
        "SELECT fingerprint FROM identity_reviews WHERE workload = @workload AND current = 1 AND state = @state") { Values = [("workload", workload), ("state", IdentityReviewView.Accepted)] },
        row => row.GetString(0), cancel)).SingleOrDefault();

    public async Task<KeptReview?> FindAsync(string id, CancellationToken cancel) => (await ListAsync("id = @id", [("id", id)], cancel)).SingleOrDefault();

    /// <summary>What a workload was last seen as.</summary>
    public async Task<KeptReview?> CurrentAsync(string workload, CancellationToken cancel) => (await ListAsync("workload = @workload AND current = 1", [("workload", workload)], cancel)).SingleOrDefault();

    /// <summary>Every identity that a workload was seen with, newest first.</summary>
    public Task<List<KeptReview>> OfWorkloadAsync(string workload, CancellationToken cancel) => ListAsync("workload = @workload", [("workload", workload)], cancel);

    /// <summary>What all workloads were last seen as.</summary>
    public Task<List<KeptReview>> AllCurrentAsync(CancellationToken cancel) => ListAsync("current = 1", [], cancel);

    /// <summary>What was seen takes the place of what was seen before. An identity that was left and came back is decided on anew.</summary>
    /// <param name="before">What it was last seen as, when this was planned.</param>
    public static IEnumerable<Work> See(KeptReview seen, KeptReview? before)
    {
        yield return Guard(seen.View.Workload, before, "it was seen otherwise meanwhile");
        yield return new PlainWrite(
            "UPDATE identity_reviews SET current = 0, state = CASE WHEN state = @refused THEN state ELSE @stale END WHERE workload = @workload AND fingerprint <> @print AND current = 1",
            ("refused", IdentityReviewView.Refused), ("stale", IdentityReviewView.Stale), ("workload", seen.View.Workload), ("print", seen.View.Fingerprint));
        yield return new PlainWrite(
            $"""
            INSERT INTO identity_reviews ({Columns}) VALUES (@id, @workload, @print, @state, 1, @review, @facts, @changes, @actor, @at, NULL, NULL, NULL)
            ON CONFLICT (workload, fingerprint) DO UPDATE SET current = 1, review = excluded.review, reviewed_by = excluded.reviewed_by, reviewed_at = excluded.reviewed_at,
                changes = CASE WHEN identity_reviews.current = 1 THEN identity_reviews.changes ELSE excluded.changes END,
                state = CASE WHEN identity_reviews.state = @stale THEN @state ELSE identity_reviews.state END
            """,
            ("id", seen.View.Id), ("workload", seen.View.Workload), ("print", seen.View.Fingerprint), ("state", IdentityReviewView.Open), ("stale", IdentityReviewView.Stale),
            ("review", Write(seen.View)), ("facts", JsonLists.Write(seen.Facts)), ("changes", seen.View.Changes is { } changes ? JsonLists.Write(changes) : null), ("actor", seen.View.ReviewedBy),
            ("at", seen.View.ReviewedAt!.Value.ToUnixTimeMilliseconds()));
    }

    /// <summary>Only what a workload is now is decided on. Grants that were decided before are judged again.</summary>
    public static IEnumerable<Work> Decide(KeptReview review, bool accept, string by, string note, long now) =>
    [
        new EpochBump(), Guard(review.View.Workload, review, "the identity is another by now; look again"),
        new PlainWrite("UPDATE identity_reviews SET state = @state, decided_by = @actor, decided_at = @now, note = @note WHERE id = @id",
            ("state", accept ? IdentityReviewView.Accepted : IdentityReviewView.Refused), ("actor", by), ("now", now), ("note", note), ("id", review.View.Id)),
    ];

    private static RowGuard Guard(string workload, KeptReview? current, string otherwise) => new(
        $"identity:{workload}",
        new Statement("SELECT 1 WHERE coalesce((SELECT max(id) FROM identity_reviews WHERE workload = @workload AND current = 1), '') = @id") { Values = [("workload", workload), ("id", current?.View.Id ?? "")] },
        new Refusal(ReasonCodes.FactsChanged, otherwise));

    private Task<List<KeptReview>> ListAsync(string where, (string, object?)[] values, CancellationToken cancel) => store.ListAsync(
        Pool.Control, new Statement($"SELECT {Columns} FROM identity_reviews WHERE {where} ORDER BY reviewed_at DESC, id DESC LIMIT {MostShown}") { Values = values }, Read, cancel);

    private static string Write(IdentityReviewView view) => JsonSerializer.Serialize(new IdentityReviewView(view.Workload, view.Fingerprint, view.Result, view.Runs, view.Checks), ProtocolJson.Default.IdentityReviewView);

    private static KeptReview Read(DbDataReader row) => new(JsonSerializer.Deserialize(row.GetString(5), ProtocolJson.Default.IdentityReviewView)! with
    {
        Id = row.GetString(0), State = row.GetString(3), ReviewedBy = row.GetString(8), ReviewedAt = At(row.GetInt64(9)), DecidedBy = Text(row, 10), DecidedAt = row.IsDBNull(11) ? null : At(row.GetInt64(11)),
        Note = Text(row, 12), Changes = Text(row, 7) is { } changes ? JsonLists.Read(changes) : null,
    }, JsonLists.Read(row.GetString(6)));

    private static DateTimeOffset At(long ms) => DateTimeOffset.FromUnixTimeMilliseconds(ms);

    private static string? Text(DbDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);
}

/// <summary>A review that is kept, with the facts that its fingerprint is made of.</summary>
internal sealed record KeptReview(IdentityReviewView View, IReadOnlyList<string> Facts);
