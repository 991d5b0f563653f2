using System.Data.Common;
using CredentialBroker.Protocol.Selectors;
using CredentialBroker.Storage;
using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Leases;

/// <summary>A lease with the instance it belongs to, as people see it.</summary>
internal sealed record LeaseOfWorkload(Lease Lease, string Source, string Uri, string Subject, string Instance)
{
    public string? Cluster { get; init; }
    public string? Namespace { get; init; }
    public string? ServiceAccount { get; init; }
    public string? Pod { get; init; }
    public string? Node { get; init; }
    public string? Container { get; init; }
    /// <summary>Whose word the evidence was: the token's <c>iss</c>, or the trust domain.</summary>
    public string? Issuer { get; init; }
    public IReadOnlyList<string> Approvers { get; init; } = [];
    /// <summary>Digest of the approved image, such as <c>sha256:…</c>.</summary>
    public string? Image { get; init; }
    /// <summary>The template's tier and its runtime's owner, as its revision says.</summary>
    public string? Tier { get; init; }
    public string? Owner { get; init; }
    /// <summary>When a canary's credential was first refused after its end was asked for.</summary>
    public long? DeadAt { get; init; }
    /// <summary>When it was still honoured, later than expected.</summary>
    public long? AliveAt { get; init; }
}

/// <summary>What is outstanding. Ended leases lie apart and are looked at only when asked for.</summary>
internal sealed class LeaseStore(Store store)
{
    private const string Instance = "w.source, w.uri, w.subject, w.instance, w.cluster, w.namespace, w.service_account, w.pod, w.node, m.exception_id, m.not_equivalent, m.dead_at, m.alive_at, w.container, w.issuer, a.approvers, a.image_digest, v.tier, v.owner";
    private static readonly RowShape Among = new("k", ("id", ColumnType.Text));
    /// <summary>Greater than every id in every collation, which a sign such as a tilde is not.</summary>
    private static readonly string AfterEveryId = new('z', Protocol.Ids.Length + 1);
    /// <summary>More than this is told as this: by then the number no longer matters.</summary>
    private const long MostCounted = 10_000;
    /// <summary>Index entries read for one sample of the live leases, about a millisecond.</summary>
    private const long CountedAtOnce = 5_000;
    private static readonly string Joined = $"{SelectorSql.AllJoins} LEFT JOIN lease_marks m ON m.lease_id = l.id";

    public async Task<LeaseOfWorkload?> FindAsync(Pool pool, string id, CancellationToken cancel)
    {
        var found = await store.ListAsync(pool, new Statement(
            $"""
            SELECT {LeaseColumns.Of("l")}, {Instance} FROM leases l {Joined} WHERE l.id = @id
            UNION ALL
            SELECT {LeaseColumns.Of("l")}, {Instance} FROM ended_leases l {Joined} WHERE l.id = @id
            """)
        {
            Values = [("id", id)],
        }, Read, cancel);
        return found.Count == 0 ? null : found[0];
    }

    /// <summary>Newest first, after the given id; over ones only on request.</summary>
    public Task<List<LeaseOfWorkload>> ListAsync(Selector selector, bool ended, string? before, int count, CancellationToken cancel) =>
        ListWithinAsync(selector, null, ended, before, count, cancel);

    /// <param name="within">Selectors of which one must match as well; null where everything may be seen.</param>
    public Task<List<LeaseOfWorkload>> ListWithinAsync(Selector selector, IReadOnlyList<Selector>? within, bool ended, string? before, int count, CancellationToken cancel)
    {
        var sql = new SelectorSql(selector, within);
        return store.ListAsync(Pool.Control, new Statement(
            $"""
            SELECT {LeaseColumns.Of("l")}, {Instance} FROM {(ended ? "ended_leases" : "leases")} l {Joined}
            WHERE l.id < @before AND {sql.Where} ORDER BY l.id DESC LIMIT @count
            """)
        {
            Values = [("before", before ?? AfterEveryId), ("count", count), .. sql.Values],
        }, Read, cancel);
    }

    /// <summary>The active lease of an approval that ends last; null when none is live.</summary>
    public async Task<LeaseOfWorkload?> FindActiveUnderAsync(string approval, long now, CancellationToken cancel) => (await store.ListAsync(Pool.Control, new Statement(
        $"SELECT {LeaseColumns.Of("l")}, {Instance} FROM leases l {Joined} WHERE l.approval_id = @approval AND l.state = {(int)LeaseState.Active} AND l.ends_at > @now ORDER BY l.ends_at DESC LIMIT 1")
    {
        Values = [("approval", approval), ("now", now)],
    }, Read, cancel)).SingleOrDefault();

    /// <summary>Every target that something is due at. Goes from target to target in the index: DISTINCT would read every lease.</summary>
    public Task<List<string>> DueTargetsAsync(long now, CancellationToken cancel) => store.ListAsync(Pool.Control, new Statement(
        """
        WITH RECURSIVE t(target) AS (
            SELECT min(l.target) FROM leases l WHERE l.due_at IS NOT NULL
            UNION ALL
            SELECT (SELECT min(l.target) FROM leases l WHERE l.due_at IS NOT NULL AND l.target > t.target) FROM t WHERE t.target IS NOT NULL)
        SELECT t.target FROM t
        WHERE t.target IS NOT NULL AND EXISTS (SELECT 1 FROM leases l WHERE l.target = t.target AND l.due_at IS NOT NULL AND l.due_at <= @now)
        """) { Values = [("now", now)] }, row => row.GetString(0), cancel);

    /// <summary>What has been due longest at a target and nobody has claimed.</summary>
    public Task<List<Lease>> DuePageAsync(string target, long now, int count, CancellationToken cancel) => store.ListAsync(Pool.Control, new Statement(
        $"SELECT {LeaseColumns.Of("l")} FROM leases l WHERE l.target = @target AND l.due_at IS NOT NULL AND l.due_at <= @now AND l.claim_owner IS NULL ORDER BY l.due_at LIMIT @count")
    {
        Values = [("target", target), ("now", now), ("count", count)],
    }, LeaseColumns.Read, cancel);

    /// <summary>Handles of a backend's leases that are over, though what was issued under them has not expired; and when they were over.</summary>
    public Task<List<(string Handle, long EndsAt)>> EndedEarlyAsync(string backend, long now, CancellationToken cancel) => store.ListAsync(Pool.Control, new Statement(
        """
        SELECT handle, ends_at FROM leases WHERE ends_at < dies_by AND backend = @backend AND dies_by > @now AND ends_at <= @now
        UNION ALL
        SELECT handle, ends_at FROM ended_leases WHERE ends_at < dies_by AND backend = @backend AND dies_by > @now
        """) { Values = [("backend", backend), ("now", now)] }, row => (row.GetString(0), row.GetInt64(1)), cancel);

    /// <summary>What these instances hold that has not ended.</summary>
    public Task<List<LeaseOfWorkload>> LiveOfWorkloadsAsync(IReadOnlyList<string> workloads, CancellationToken cancel) => store.ListAsync(Pool.Control, new Statement(
        $"SELECT {LeaseColumns.Of("l")}, {Instance} FROM leases l {Joined} JOIN {Among.From} ON k.id = l.workload_id") { Shape = Among, Rows = [.. workloads.Select(id => new object?[] { id })] },
        Read, cancel);

    /// <summary>What an instance holds that is not over, newest first.</summary>
    public Task<List<Lease>> HeldByAsync(string workloadId, int most, CancellationToken cancel) => store.ListAsync(Pool.Issuing, new Statement(
        $"SELECT {LeaseColumns.Of("l")} FROM leases l WHERE l.workload_id = @workload AND l.state IN (1, 2) ORDER BY l.id DESC LIMIT @most") { Values = [("workload", workloadId), ("most", most)] },
        LeaseColumns.Read, cancel);

    /// <summary>Leases of a task that are neither over nor due.</summary>
    public async Task<int> CountOfTaskAsync(string task, long now) => (int)(await store.ListAsync(Pool.Control, new Statement(
        "SELECT count(*) FROM leases WHERE task = @task AND state IN (1, 2) AND ends_at > @now") { Values = [("task", task), ("now", now)] }, row => row.GetInt64(0), CancellationToken.None))[0];

    /// <summary>Leases of a template that an instance holds: pending, active and ending ones count, as when one is opened.</summary>
    public async Task<long> CountHeldAsync(string workloadId, string template, CancellationToken cancel) => (await store.ListAsync(Pool.Issuing, new Statement(
        "SELECT count(*) FROM leases WHERE workload_id = @workload AND template = @template") { Values = [("workload", workloadId), ("template", template)] }, row => row.GetInt64(0), cancel))[0];

    /// <summary>Id of the newest lease there ever was, as far as is still known; ids grow with time.</summary>
    public async Task<string> NewestAsync(CancellationToken cancel) => (await store.ListAsync(Pool.Control, new Statement(
        "SELECT coalesce(max(n.id), '') FROM (SELECT max(id) AS id FROM leases UNION ALL SELECT max(id) FROM ended_leases) n"), row => row.GetString(0), cancel))[0];

    /// <summary>
    /// Leases, over or not, whose credential has one of these fingerprints. Reads every lease: this is asked when a secret was found
    /// somewhere, and an index would cost every claim.
    /// </summary>
    public Task<List<string>> FindPrintsAsync(IReadOnlyList<string> fingerprints, CancellationToken cancel) => store.ListAsync(Pool.Control, new Statement(
        $"SELECT l.id FROM leases l JOIN {Among.From} ON k.id = l.fingerprint UNION SELECT l.id FROM ended_leases l JOIN {Among.From} ON k.id = l.fingerprint")
    {
        Shape = Among, Rows = [.. fingerprints.Distinct().Select(print => new object?[] { print })],
    }, row => row.GetString(0), cancel);

    /// <summary>How many leases of a selector live, and how many more are not over at their targets.</summary>
    public async Task<(long Live, long Ending)> CountAsync(Selector selector, CancellationToken cancel)
    {
        var sql = new SelectorSql(selector);
        return (await store.ListAsync(Pool.Control, new Statement(
            $"SELECT coalesce(CAST(sum(CASE WHEN l.state IN (1, 2) THEN 1 ELSE 0 END) AS bigint), 0), count(*) FROM leases l {sql.Joins} WHERE l.state <> {(int)LeaseState.Ended} AND {sql.Where}")
        {
            Values = [.. sql.Values],
        }, row => (row.GetInt64(0), row.GetInt64(1) - row.GetInt64(0)), cancel))[0];
    }

    /// <summary>Of these, the leases that are not over.</summary>
    public async Task<IReadOnlySet<string>> LiveAmongAsync(IReadOnlyList<string> ids, CancellationToken cancel) => (await store.ListAsync(Pool.Control, new Statement(
        $"SELECT l.id FROM leases l JOIN {Among.From} ON k.id = l.id") { Shape = Among, Rows = [.. ids.Distinct().Select(id => new object?[] { id })] },
        row => row.GetString(0), cancel)).ToHashSet(StringComparer.Ordinal);

    /// <summary>The idempotency key's lease and the hash of the body it was claimed with.</summary>
    public async Task<(string LeaseId, string BodyHash)?> FindClaimAsync(string key, CancellationToken cancel)
    {
        var found = await store.ListAsync(Pool.Issuing, new Statement("SELECT lease_id, body_hash FROM claims WHERE key = @key") { Values = [("key", key)] },
            row => (row.GetString(0), row.GetString(1)), cancel);
        return found.Count == 0 ? null : found[0];
    }

    /// <summary>
    /// How many leases wait for their end longer than a minute, how many of those failed often, and since when the oldest
    /// is due. Looks only at what fails, and at the far end of each target's queue.
    /// </summary>
    public async Task<(long Overdue, long Stuck, long? OldestDue)> CountLateAsync(long now, CancellationToken cancel) => (await store.ListAsync(Pool.Control, new Statement(
        $"""
        WITH RECURSIVE t(target) AS (
            SELECT min(l.target) FROM leases l WHERE l.due_at IS NOT NULL
            UNION ALL
            SELECT (SELECT min(l.target) FROM leases l WHERE l.due_at IS NOT NULL AND l.target > t.target) FROM t WHERE t.target IS NOT NULL)
        SELECT
            (SELECT count(*) FROM (SELECT 1 FROM leases WHERE attempts > 0 AND ends_at < @late LIMIT {MostCounted}) failing)
            + (SELECT coalesce(CAST(sum((SELECT count(*) FROM (
                SELECT 1 FROM leases l WHERE l.target = t.target AND l.due_at IS NOT NULL AND l.due_at < @late AND l.attempts = 0 LIMIT {MostCounted}) waiting)) AS bigint), 0)
                FROM t WHERE t.target IS NOT NULL),
            (SELECT count(*) FROM (SELECT 1 FROM leases WHERE attempts > 0 AND attempts >= @stuck LIMIT {MostCounted}) stuck),
            (SELECT min((SELECT min(l.due_at) FROM leases l WHERE l.target = t.target AND l.due_at IS NOT NULL)) FROM t WHERE t.target IS NOT NULL)
        """) { Values = [("late", now - 60_000), ("stuck", (long)Lease.StuckAfter)] },
        row => (Math.Min(row.GetInt64(0), MostCounted), row.GetInt64(1), row.IsDBNull(2) ? (long?)null : row.GetInt64(2)), cancel))[0];

    /// <summary>Counts the next leases after an id.</summary>
    /// <returns>How many, and the last one's id when there may be more.</returns>
    public async Task<(long Count, string? Last)> CountPageAsync(string after, CancellationToken cancel) => (await store.ListAsync(Pool.Control, new Statement(
        $"SELECT count(*), max(p.id) FROM (SELECT id FROM leases WHERE id > @after ORDER BY id LIMIT {CountedAtOnce}) p") { Values = [("after", after)] },
        row => (row.GetInt64(0), row.GetInt64(0) < CountedAtOnce ? null : row.GetString(1)), cancel))[0];

    /// <summary>
    /// Brings forward the end of every lease of a task or approval. Runs after the moves of the same batch, so that a
    /// lease made in it is ended too.
    /// </summary>
    public static Work EndAllOf(string column, string value, long at, string cause) => new PlainWrite(
        $"UPDATE leases SET ends_at = @at, ends_because = @cause, due_at = @at WHERE {Column(column)} = @value AND state IN (1, 2) AND ends_at > @at",
        ("at", at), ("cause", cause), ("value", value));

    /// <summary>The same for every approval of a source that rests on an image.</summary>
    public static Work EndAllOfImage(string source, string digest, long at, string cause) => new PlainWrite(
        """
        UPDATE leases SET ends_at = @at, ends_because = @cause, due_at = @at
        WHERE approval_id IN (SELECT a.id FROM approvals a WHERE a.source = @source AND a.image_digest = @digest) AND state IN (1, 2) AND ends_at > @at
        """,
        ("at", at), ("cause", cause), ("source", source), ("digest", digest));

    /// <summary>Brings forward the end of everything that these instances hold, in one statement for all of them.</summary>
    public static Work EndAllOfWorkloads(IEnumerable<string> workloads, long at, string cause) => new PlainWrite(new Statement(
        $"UPDATE leases SET ends_at = @at, ends_because = @cause, due_at = @at FROM {Among.From} WHERE leases.workload_id = k.id AND leases.state IN (1, 2) AND leases.ends_at > @at")
    {
        Shape = Among, Rows = [.. workloads.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).Select(id => new object?[] { id })], Values = [("at", at), ("cause", cause)],
    });

    /// <summary>Of these instances, the ones that hold something live; one statement for all of them.</summary>
    public Task<List<string>> HoldingAsync(IReadOnlyCollection<string> workloads, long now, CancellationToken cancel) => workloads.Count == 0 ? Task.FromResult(new List<string>()) : store.ListAsync(Pool.Control, new Statement(
        $"SELECT k.id FROM {Among.From} WHERE EXISTS (SELECT 1 FROM leases l WHERE l.workload_id = k.id AND l.state IN (1, 2) AND l.ends_at > @now)")
    {
        Shape = Among, Rows = [.. workloads.Distinct(StringComparer.Ordinal).Select(id => new object?[] { id })], Values = [("now", now)],
    },
        row => row.GetString(0), cancel);

    /// <summary>Instances of a trust source that hold something live.</summary>
    public Task<List<(string Id, string Instance)>> HoldersOfSourceAsync(string source, CancellationToken cancel) => store.ListAsync(Pool.Control, new Statement(
        "SELECT w.id, w.instance FROM workloads w WHERE w.source = @source AND EXISTS (SELECT 1 FROM leases l WHERE l.workload_id = w.id AND l.state IN (1, 2))") { Values = [("source", source)] },
        row => (row.GetString(0), row.GetString(1)), cancel);

    /// <summary>The same, of one column: a node, or a URI.</summary>
    public Task<List<(string Id, string Instance)>> HoldersOfAsync(string source, string column, string value, CancellationToken cancel) => store.ListAsync(Pool.Control, new Statement(
        $"SELECT w.id, w.instance FROM workloads w WHERE w.source = @source AND w.{(column is "node" or "uri" or "namespace" ? column : throw new ArgumentOutOfRangeException(nameof(column)))} = @value AND EXISTS (SELECT 1 FROM leases l WHERE l.workload_id = w.id AND l.state IN (1, 2))")
    {
        Values = [("source", source), ("value", value)],
    }, row => (row.GetString(0), row.GetString(1)), cancel);

    private static string Column(string column) => column is "task" or "approval_id" or "template"
        ? column
        : throw new ArgumentOutOfRangeException(nameof(column));

    private static LeaseOfWorkload Read(DbDataReader row) =>
        new(LeaseColumns.Read(row) with { Exception = Text(row, 38), NotEquivalent = !row.IsDBNull(39) && row.GetInt64(39) != 0 }, row.GetString(29), row.GetString(30), row.GetString(31), row.GetString(32))
        {
            Cluster = Text(row, 33),
            Namespace = Text(row, 34),
            ServiceAccount = Text(row, 35),
            Pod = Text(row, 36),
            Node = Text(row, 37),
            DeadAt = Number(row, 40),
            AliveAt = Number(row, 41),
            Container = Text(row, 42),
            Issuer = Text(row, 43),
            Approvers = JsonLists.Read(Text(row, 44)),
            Image = Text(row, 45),
            Tier = Text(row, 46),
            Owner = Text(row, 47),
        };

    private static long? Number(DbDataReader row, int column) => row.IsDBNull(column) ? null : row.GetInt64(column);

    private static string? Text(DbDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);
}
