using CredentialBroker.Storage;

namespace CredentialBroker.Approvals;

/// <summary>Which approvals are wanted; fields that are set must hold.</summary>
/// <param name="Before">Id to continue after, from the page before.</param>
internal sealed record ApprovalQuery(
    string? Source = null, ApprovalState? State = null, string? WorkloadUri = null, string? Task = null, string? Before = null, int Limit = 100);

/// <summary>Reads approvals. Nothing that is read here is decided upon without the guards of <c>Moves</c>.</summary>
internal sealed class ApprovalStore
{
    /// <summary>How long an approval that is over still explains a refusal.</summary>
    private const long Remembered = 60 * 60 * 1000;

    private const int Candidates = 8;

    private static readonly RowShape Keys = new("k",
        ("n", ColumnType.Number), ("uri", ColumnType.Text), ("instance", ColumnType.Text), ("nonce", ColumnType.Text), ("now", ColumnType.Number),
        ("since", ColumnType.Number), ("named", ColumnType.Text));

    private static readonly RowShape References = new("k", ("reference", ColumnType.Text));

    private readonly Store _store;
    private readonly Gather<Asked, IReadOnlyList<Approval>> _forInstance;
    private readonly Gather<Asked, IReadOnlyList<Approval>> _forClaim;

    public ApprovalStore(Store store)
    {
        _store = store;
        _forInstance = new(store.Dialect, asked => FindAsync(ForInstance, asked));
        _forClaim = new(store.Dialect, asked => FindAsync(ForClaim, asked));
    }

    /// <summary>
    /// Approvals that speak about this claim, best first: one that is usable and this instance's (bound to it, naming
    /// it or its nonce), then one that any instance may bind, then one that is not confirmed, then one that is this
    /// instance's but over, so that policy can say why, then the newest.
    /// </summary>
    public Task<IReadOnlyList<Approval>> FindForClaimAsync(
        string workloadUri, string instance, string template, long now, string? nonce, CancellationToken cancel) =>
        _forClaim.FindAsync(new Asked(workloadUri, instance, template, now, nonce), cancel);

    /// <summary>Of those, the ones that name this very instance: most approvals do, and are found by it at once, many claims in one statement.</summary>
    public Task<IReadOnlyList<Approval>> FindForInstanceAsync(string workloadUri, string instance, string template, long now, CancellationToken cancel) =>
        _forInstance.FindAsync(new Asked(workloadUri, instance, template, now, Nonce: null), cancel);

    private async Task<IReadOnlyList<IReadOnlyList<Approval>>> FindAsync(string sql, IReadOnlyList<Asked> asked)
    {
        var found = asked.Select(_ => new List<Approval>()).ToArray();
        await _store.ReadAsync(Pool.Issuing, new Statement(sql)
        {
            Shape = Keys,
            Rows = [.. asked.Select((a, n) => new object?[] { (long)n, a.WorkloadUri, a.Instance, a.Nonce, a.Now, a.Now - Remembered, $"%\"{Literal(a.Template)}\"%" })],
            Row = row =>
            {
                var n = (int)row.GetInt64(0);
                var approval = ApprovalRows.Read(row, 2) with { BoundToCaller = row.GetInt64(1) == 0 };
                // The text was a first sieve; the names are compared exactly.
                if (approval.Templates.Contains(asked[n].Template, StringComparer.Ordinal)) found[n].Add(approval);
            },
        }, CancellationToken.None);
        return found;
    }

    public async Task<Approval?> GetAsync(string id, CancellationToken cancel) =>
        (await _store.ListAsync(Pool.Control, new Statement($"SELECT {ApprovalRows.Columns} FROM approvals WHERE id = @id")
        {
            Values = [("id", id)],
        }, ApprovalRows.Read, cancel)).SingleOrDefault();

    /// <summary>The approval that a source calls so.</summary>
    public async Task<Approval?> FindAsync(string source, string reference, CancellationToken cancel) =>
        (await _store.ListAsync(Pool.Control, new Statement($"SELECT {ApprovalRows.Columns} FROM approvals WHERE source = @source AND reference = @reference")
        {
            Values = [("source", source), ("reference", reference)],
        }, ApprovalRows.Read, cancel)).SingleOrDefault();

    /// <summary>Of a source, the approvals that it calls so and that are not over: candidates, confirmed and bound ones.</summary>
    public Task<List<Approval>> ListLiveAsync(string source, IReadOnlyCollection<string> references, CancellationToken cancel) => references.Count == 0 ? Task.FromResult(new List<Approval>()) :
        _store.ListAsync(Pool.Control, new Statement(
            $"SELECT {ApprovalRows.ColumnsOf("a")} FROM {References.From} JOIN approvals a ON a.source = @source AND a.reference = k.reference WHERE a.state IN (1, 2, 3)")
        {
            Shape = References, Rows = [.. references.Distinct(StringComparer.Ordinal).Select(reference => new object?[] { reference })], Values = [("source", source)],
        }, ApprovalRows.Read, cancel);

    /// <summary>Of what a source would call so, what it ever called so.</summary>
    public Task<List<string>> ListKnownAsync(string source, IReadOnlyCollection<string> references, CancellationToken cancel) =>
        _store.ListAsync(Pool.Control, new Statement($"SELECT a.reference FROM {References.From} JOIN approvals a ON a.source = @source AND a.reference = k.reference")
        {
            Shape = References, Rows = [.. references.Distinct(StringComparer.Ordinal).Select(reference => new object?[] { reference })], Values = [("source", source)],
        }, row => row.GetString(0), cancel);

    /// <summary>Approvals of a source that carry this nonce, the newest first.</summary>
    public Task<List<Approval>> ListOfNonceAsync(string source, string nonce, CancellationToken cancel) =>
        _store.ListAsync(Pool.Control, new Statement($"SELECT {ApprovalRows.Columns} FROM approvals WHERE source = @source AND nonce = @nonce AND nonce IS NOT NULL ORDER BY id DESC LIMIT 32")
        {
            Values = [("source", source), ("nonce", nonce)],
        }, ApprovalRows.Read, cancel);

    /// <summary>What a source's confirmed and bound approvals are called, for whoever has a list to compare them with.</summary>
    public Task<List<string>> ListStandingAsync(string source, CancellationToken cancel) =>
        _store.ListAsync(Pool.Control, new Statement("SELECT reference FROM approvals WHERE source = @source AND state IN (2, 3)") { Values = [("source", source)] }, row => row.GetString(0), cancel);

    /// <summary>Newest first, at most 1000.</summary>
    public Task<List<Approval>> ListAsync(ApprovalQuery query, CancellationToken cancel) =>
        _store.ListAsync(Pool.Control, new Statement(
            $"""
            SELECT {ApprovalRows.Columns} FROM approvals
            WHERE (@source = '' OR source = @source) AND (@state = 0 OR state = @state) AND (@uri = '' OR workload_uri = @uri)
                AND (@task = '' OR task = @task) AND (@before = '' OR id < @before)
            ORDER BY id DESC LIMIT @limit
            """)
        {
            Values =
            [
                ("source", query.Source ?? ""), ("state", (int)(query.State ?? 0)), ("uri", query.WorkloadUri ?? ""),
                ("task", query.Task ?? ""), ("before", query.Before ?? ""), ("limit", Math.Clamp(query.Limit, 1, 1000)),
            ],
        }, ApprovalRows.Read, cancel);

    /// <summary>Live rows whose time is over, oldest first.</summary>
    public Task<List<string>> ListOverAsync(long now, int limit, CancellationToken cancel) =>
        _store.ListAsync(Pool.Control, new Statement(
            "SELECT id FROM approvals WHERE state IN (1, 2, 3) AND (valid_until <= @now OR (uses = 0 AND claim_by <= @now)) ORDER BY id LIMIT @limit")
        {
            Values = [("now", now), ("limit", limit)],
        }, row => row.GetString(0), cancel);

    /// <summary>Bound approvals of a source whose end is near, the nearest first.</summary>
    public Task<List<Approval>> ListEndingAsync(string source, long now, long soon, int limit, CancellationToken cancel) =>
        _store.ListAsync(Pool.Control, new Statement(
            $"SELECT {ApprovalRows.Columns} FROM approvals WHERE source = @source AND state = {(int)ApprovalState.Bound} AND valid_until > @now AND valid_until <= @soon ORDER BY valid_until LIMIT @limit")
        {
            Values = [("source", source), ("now", now), ("soon", soon), ("limit", limit)],
        }, ApprovalRows.Read, cancel);

    /// <summary>Whether this instance is bound to an approval of the task, so that the task is its own.</summary>
    public async Task<bool> HasUsedTaskAsync(string workloadUri, string instance, string task, CancellationToken cancel) =>
        (await _store.ListAsync(Pool.Control, new Statement(
            "SELECT a.id FROM approvals a JOIN approval_uses u ON u.approval_id = a.id WHERE a.task = @task AND a.workload_uri = @uri AND u.instance = @instance LIMIT 1")
        {
            Values = [("task", task), ("uri", workloadUri), ("instance", instance)],
        }, row => row.GetString(0), cancel)).Count > 0;

    /// <summary>Whether the task has a tombstone; the guard asks again when it commits.</summary>
    public async Task<bool> IsTaskEndedAsync(string task, CancellationToken cancel) =>
        (await _store.ListAsync(Pool.Issuing, new Statement("SELECT task FROM ended_tasks WHERE task = @task")
        {
            Values = [("task", task)],
        }, row => row.GetString(0), cancel)).Count > 0;

    /// <summary>A first sieve in SQL; the names are compared exactly afterwards.</summary>
    private static string Literal(string text) => text
        .Replace("\\", "\\\\", StringComparison.Ordinal).Replace("%", "\\%", StringComparison.Ordinal).Replace("_", "\\_", StringComparison.Ordinal);

    // fit: 0 bound to the caller, 1 names the caller, 2 whoever claims first may bind, 3 another's.
    private static readonly string ForClaim = Matching("");

    private static readonly string ForInstance = Matching("AND a.instance = k.instance AND a.instance IS NOT NULL");

    private static string Matching(string narrower) => $"""
        SELECT n, fit, {ApprovalRows.Columns} FROM (
            SELECT c.*, row_number() OVER (
                PARTITION BY n ORDER BY CASE WHEN fit < 3 AND standing < 2 THEN standing WHEN fit < 2 THEN 2 ELSE 3 END, fit, received_at DESC, id DESC) AS place
            FROM (
                SELECT {ApprovalRows.ColumnsOf("a")}, k.n,
                    CASE WHEN u.instance IS NOT NULL THEN 0
                        WHEN a.binding = {(int)Binding.Exact} AND a.instance = k.instance OR a.binding = {(int)Binding.Nonce} AND a.nonce = k.nonce THEN 1
                        WHEN a.binding = {(int)Binding.FirstClaim} AND a.uses < a.max_uses AND a.claim_by > k.now THEN 2
                        ELSE 3 END AS fit,
                    CASE WHEN a.state IN ({(int)ApprovalState.Confirmed}, {(int)ApprovalState.Bound}) AND a.valid_until > k.now THEN 0
                        WHEN a.state = {(int)ApprovalState.Candidate} THEN 1
                        ELSE 2 END AS standing
                FROM {Keys.From} JOIN approvals a ON a.workload_uri = k.uri {narrower} AND a.valid_until > k.since AND a.templates LIKE k.named ESCAPE '\'
                LEFT JOIN approval_uses u ON u.approval_id = a.id AND u.instance = k.instance) AS c) AS d
        WHERE place <= {Candidates} ORDER BY n, place
        """;

    private sealed record Asked(string WorkloadUri, string Instance, string Template, long Now, string? Nonce);
}
