using CredentialBroker.Protocol;
using CredentialBroker.Storage;
using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Issuance.Velocities;

/// <summary>One more lease of what is counted, if there were fewer than its bound since its slot of time began.</summary>
/// <param name="Counted">What is counted: a workload, a purpose, an owner, within its template.</param>
/// <param name="Slot">Which of the successive equal times.</param>
/// <param name="OverAt">When the slot is over and the row can go.</param>
internal sealed record VelocityUse(string Counted, long Slot, int Most, long OverAt) : Work
{
    public override WorkKind Kind => UseKind.Instance;

    public override IEnumerable<string> Locks => [$"velocity:{Counted}"];

    public static Work Forget(long now) => new PlainWrite("DELETE FROM velocity WHERE over_at < @now", ("now", now));

    private sealed class UseKind : WorkKind
    {
        public static UseKind Instance { get; } = new();

        public override int Order => LockOrder.Velocity;

        public override WorkBatch Begin(Dialect dialect) => new Batch();
    }

    private sealed class Batch : WorkBatch
    {
        private static readonly RowShape Shape = new("v", ("counted", ColumnType.Text), ("slot", ColumnType.Number), ("given", ColumnType.Number), ("over_at", ColumnType.Number));

        private readonly List<VelocityUse> _asked = [];
        private readonly Dictionary<(string, long), long> _given = [];
        private readonly Dictionary<(string, long), (long Given, long OverAt)> _added = [];

        public override void Add(Work work) => _asked.Add((VelocityUse)work);

        public override IEnumerable<Statement> Reads() =>
        [
            new Statement($"SELECT s.counted, s.slot, s.given FROM {Shape.From} JOIN velocity s ON s.counted = v.counted AND s.slot = v.slot")
            {
                Shape = Shape,
                Rows = [.. _asked.Select(a => new object?[] { a.Counted, a.Slot, 0L, a.OverAt })],
                Row = row => _given[(row.GetString(0), row.GetInt64(1))] = row.GetInt64(2),
            },
        ];

        public override Refusal? Check(Work work)
        {
            var use = (VelocityUse)work;
            return _given.GetValueOrDefault((use.Counted, use.Slot)) < use.Most ? null : new Refusal(ReasonCodes.Velocity, $"{use.Most} leases were given in this time for {use.Counted}");
        }

        public override void Admit(Work work)
        {
            var use = (VelocityUse)work;
            var key = (use.Counted, use.Slot);
            _given[key] = _given.GetValueOrDefault(key) + 1;
            _added[key] = (_added.GetValueOrDefault(key).Given + 1, use.OverAt);
        }

        public override IEnumerable<Statement> Writes() => _added.Count == 0
            ? []
            : [new Statement(
                $"""
                INSERT INTO velocity (counted, slot, given, over_at) SELECT v.counted, v.slot, v.given, v.over_at FROM {Shape.From} WHERE 1 = 1
                ON CONFLICT (counted, slot) DO UPDATE SET given = velocity.given + excluded.given
                """)
            {
                Shape = Shape,
                Rows = [.. _added.Select(a => new object?[] { a.Key.Item1, a.Key.Item2, a.Value.Given, a.Value.OverAt })],
            }];
    }
}
