using CredentialBroker.Storage;
using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Leases;

/// <summary>
/// Takes due leases of one target for this replica. Claims of replicas whose heartbeat stopped are free again; no row
/// lock is held while the target is spoken to.
/// </summary>
internal sealed record ClaimDue(string Target, string Owner, long Now, int Limit) : Work
{
    /// <summary>A replica that was silent this long has lost its claims.</summary>
    public const long DeadAfterMs = 5000;

    /// <summary>The leases taken; filled when the unit is committed.</summary>
    public List<Lease> Taken { get; } = [];

    public override WorkKind Kind => ClaimDueKind.Instance;

    public override string Alone => $"claim due:{Target}";

    private sealed class ClaimDueKind : WorkKind
    {
        public static ClaimDueKind Instance { get; } = new();

        /// <summary>After the moves: what one of the same batch changed is claimed as it is then, or not at all.</summary>
        public override int Order => LockOrder.Leases + 1;

        public override WorkBatch Begin(Dialect dialect) => new Batch(dialect);
    }

    private sealed class Batch(Dialect dialect) : WorkBatch
    {
        private static readonly RowShape Claims = new("c", ("id", ColumnType.Text), ("owner", ColumnType.Text), ("now", ColumnType.Number));

        private readonly List<ClaimDue> _asked = [];
        private readonly Dictionary<string, ClaimDue> _found = new(StringComparer.Ordinal);
        private readonly List<Lease> _taken = [];

        public override void Add(Work work) => _asked.Add((ClaimDue)work);

        public override IEnumerable<Statement> Reads() => _asked.Select(Find);

        public override void Admit(Work work) { }

        public override IEnumerable<Statement> Writes()
        {
            var rows = _found.Select(f => new object?[] { f.Key, f.Value.Owner, f.Value.Now }).ToList();
            return rows.Count == 0
                ? []
                : [new Statement($"UPDATE leases SET claim_owner = c.owner FROM {Claims.From} WHERE leases.id = c.id AND leases.due_at <= c.now RETURNING {LeaseColumns.Of("leases")}")
                {
                    Shape = Claims,
                    Rows = rows,
                    Row = row => _taken.Add(LeaseColumns.Read(row)),
                }];
        }

        public override void Committed()
        {
            foreach (var lease in _taken.OrderBy(l => l.DueAt)) _found[lease.Id].Taken.Add(lease);
        }

        private Statement Find(ClaimDue asked) => new(
            $"""
            SELECT l.id FROM leases l
            WHERE l.target = @target AND l.due_at IS NOT NULL AND l.due_at <= @now
              AND (l.claim_owner IS NULL OR NOT EXISTS (SELECT 1 FROM journal_writers w WHERE w.writer = l.claim_owner AND w.seen_at > @alive))
            ORDER BY l.due_at LIMIT @limit {dialect.ForUpdateSkipLocked("l")}
            """)
        {
            Values = [("target", asked.Target), ("now", asked.Now), ("alive", asked.Now - DeadAfterMs), ("limit", asked.Limit)],
            Row = row => _found[row.GetString(0)] = asked,
        };
    }
}
