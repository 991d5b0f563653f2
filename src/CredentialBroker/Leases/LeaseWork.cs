using CredentialBroker.Protocol;
using CredentialBroker.Storage;
using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Leases;

/// <summary>Writes a new lease, if its instance holds fewer than <paramref name="Limit"/> of the template: pending, active and ending ones count.</summary>
internal sealed record LeaseOpen(Lease Lease, int Limit) : Work
{
    public override WorkKind Kind => LeaseKind.Instance;

    public override IEnumerable<string> Locks => [$"leases:{Lease.WorkloadId}:{Lease.Template}"];
}

/// <summary>
/// One guarded move. The function sees the lease as it is under lock and answers what it becomes, or why not. It is
/// pure: it may be called again when a batch is retried.
/// </summary>
internal sealed record LeaseMove(string LeaseId, Func<Lease, MoveResult> Move) : Work
{
    public override WorkKind Kind => LeaseKind.Instance;

    public override string? Alone => LeaseId;
}

internal abstract record MoveResult
{
    private MoveResult() { }

    internal sealed record To(Lease Lease) : MoveResult;

    internal sealed record Refused(string Code, string Detail) : MoveResult;
}

internal sealed class LeaseKind : WorkKind
{
    public static LeaseKind Instance { get; } = new();

    public override int Order => LockOrder.Leases;

    public override WorkBatch Begin(Dialect dialect) => new Batch(dialect);

    private sealed class Batch(Dialect dialect) : WorkBatch
    {
        private static readonly RowShape Keys = new("k", ("id", ColumnType.Text));
        private static readonly RowShape Holders = new("h", ("workload_id", ColumnType.Text), ("template", ColumnType.Text));

        private readonly List<LeaseOpen> _opens = [];
        private readonly List<LeaseMove> _moves = [];
        private readonly Dictionary<string, Lease> _found = new(StringComparer.Ordinal);
        private readonly Dictionary<(string Workload, string Template), long> _held = [];
        private readonly Dictionary<string, MoveResult> _answers = new(StringComparer.Ordinal);
        private readonly List<Lease> _new = [];
        private readonly List<Lease> _changed = [];

        public override void Add(Work work)
        {
            if (work is LeaseOpen open) _opens.Add(open);
            else _moves.Add((LeaseMove)work);
        }

        public override IEnumerable<Statement> Reads()
        {
            if (_opens.Count > 0) yield return CountHeld();
            if (_moves.Count > 0) yield return Find();
        }

        public override Refusal? Check(Work work)
        {
            if (work is LeaseOpen open)
            {
                return _held.GetValueOrDefault((open.Lease.WorkloadId, open.Lease.Template)) < open.Limit
                    ? null
                    : new Refusal(ReasonCodes.ConcurrentLeases, $"the instance already holds {open.Limit} leases of this template");
            }

            var move = (LeaseMove)work;
            if (!_found.TryGetValue(move.LeaseId, out var lease)) return new Refusal(ReasonCodes.LeaseOver, "the lease is over or does not exist");
            var answer = move.Move(lease);
            _answers[move.LeaseId] = answer;
            return answer is MoveResult.Refused refused ? new Refusal(refused.Code, refused.Detail) : null;
        }

        public override void Admit(Work work)
        {
            if (work is LeaseOpen open)
            {
                var key = (open.Lease.WorkloadId, open.Lease.Template);
                _held[key] = _held.GetValueOrDefault(key) + 1;
                _new.Add(open.Lease);
            }
            else
            {
                _changed.Add(((MoveResult.To)_answers[((LeaseMove)work).LeaseId]).Lease);
            }
        }

        public override IEnumerable<Statement> Writes()
        {
            if (_new.Count > 0)
            {
                yield return Set($"INSERT INTO leases ({LeaseColumns.List}) SELECT {LeaseColumns.Of("r")} FROM {LeaseColumns.Shape.From}", _new);
            }

            var over = _changed.Where(l => l.State == LeaseState.Ended).ToList();
            var kept = _changed.Where(l => l.State != LeaseState.Ended).ToList();
            if (kept.Count > 0)
            {
                yield return Set($"UPDATE leases SET {LeaseColumns.Assignments} FROM {LeaseColumns.Shape.From} WHERE leases.id = r.id", kept);
            }

            if (over.Count == 0) yield break;
            yield return Set($"INSERT INTO ended_leases ({LeaseColumns.List}) SELECT {LeaseColumns.Of("r")} FROM {LeaseColumns.Shape.From}", over);
            yield return new Statement($"DELETE FROM leases WHERE id IN (SELECT k.id FROM {Keys.From})")
            {
                Shape = Keys,
                Rows = [.. over.Select(l => new object?[] { l.Id })],
            };
        }

        private Statement CountHeld() => new(
            $"SELECT l.workload_id, l.template, count(*) FROM leases l JOIN {Holders.From} ON h.workload_id = l.workload_id AND h.template = l.template GROUP BY l.workload_id, l.template")
        {
            Shape = Holders,
            Rows = [.. _opens.Select(o => (o.Lease.WorkloadId, o.Lease.Template)).Distinct().Select(o => new object?[] { o.WorkloadId, o.Template })],
            Row = row => _held[(row.GetString(0), row.GetString(1))] = row.GetInt64(2),
        };

        private Statement Find() => new(
            $"SELECT {LeaseColumns.Of("l")} FROM leases l JOIN {Keys.From} ON k.id = l.id ORDER BY l.id {dialect.ForUpdate("l")}")
        {
            Shape = Keys,
            Rows = [.. _moves.Select(m => new object?[] { m.LeaseId })],
            Row = row =>
            {
                var lease = LeaseColumns.Read(row);
                _found[lease.Id] = lease;
            },
        };

        private static Statement Set(string sql, IReadOnlyList<Lease> leases) =>
            new(sql) { Shape = LeaseColumns.Shape, Rows = [.. leases.Select(LeaseColumns.Values)] };
    }
}
