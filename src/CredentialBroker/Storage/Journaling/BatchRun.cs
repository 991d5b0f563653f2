using System.Buffers.Binary;
using System.Data.Common;
using System.Security.Cryptography;
using System.Text;

namespace CredentialBroker.Storage.Journaling;

/// <summary>
/// One attempt at one batch: locks and reads in the global order, decides unit by unit in arrival order, then writes
/// what was admitted in one more round trip that ends with the commit.
/// </summary>
internal sealed class BatchRun(IReadOnlyList<Unit> units, Dialect dialect, string writer)
{
    private readonly SortedDictionary<int, (WorkKind Kind, WorkBatch Batch)> _kinds = [];
    private readonly List<Unit> _admitted = [];
    private readonly List<(Unit Unit, Refusal Refusal)> _refused = [];

    /// <summary>True once the statement that carries the commit was sent: from then on a lost answer says nothing.</summary>
    public bool CommitSent { get; private set; }

    public void ReadAndDecide(DbConnection connection)
    {
        Group();
        var reads = new List<Statement> { new(dialect.Begin) };
        if (dialect.Lock(LockKeys()) is { } locks) reads.Add(locks);
        reads.AddRange(_kinds.Values.SelectMany(k => k.Batch.Reads()));
        Statements.Run(connection, reads);

        foreach (var unit in units)
        {
            var refusal = unit.Works.Select(w => BatchOf(w).Check(w)).FirstOrDefault(r => r is not null);
            if (refusal is not null)
            {
                _refused.Add((unit, refusal));
                continue;
            }

            foreach (var work in unit.Works) BatchOf(work).Admit(work);
            _admitted.Add(unit);
        }
    }

    public void WriteAndCommit(DbConnection connection, long batchNumber)
    {
        if (_admitted.Count == 0)
        {
            Statements.Run(connection, [new Statement("ROLLBACK")]);
            return;
        }

        // The batch leaves its number, so that a lost answer to COMMIT is resolved by reading it back.
        var writes = new List<Statement>
        {
            // One that arrives after it was given up finds its turn over, and fails on the column that takes no null.
            new("UPDATE journal_writers SET batch = CASE WHEN batch = @before THEN @batch ELSE NULL END WHERE writer = @writer")
            {
                Values = [("before", batchNumber - 1), ("batch", batchNumber), ("writer", writer)],
            },
        };
        writes.AddRange(_kinds.Values.SelectMany(k => k.Batch.Writes()));
        writes.Add(new Statement("COMMIT"));
        CommitSent = true;
        Statements.Run(connection, writes);
    }

    public void Committed()
    {
        foreach (var (_, batch) in _kinds.Values) batch.Committed();
        foreach (var unit in _admitted) unit.Commit();
        foreach (var (unit, refusal) in _refused) unit.Refuse(refusal);
    }

    public void Abandoned()
    {
        foreach (var (_, batch) in _kinds.Values) batch.Abandoned();
    }

    public void Lost()
    {
        foreach (var (_, batch) in _kinds.Values) batch.Lost();
    }

    private WorkBatch BatchOf(Work work) => _kinds[work.Kind.Order].Batch;

    private void Group()
    {
        foreach (var work in units.SelectMany(u => u.Works))
        {
            if (!_kinds.TryGetValue(work.Kind.Order, out var entry))
            {
                entry = (work.Kind, work.Kind.Begin(dialect));
                _kinds.Add(work.Kind.Order, entry);
            }
            else if (entry.Kind != work.Kind)
            {
                throw new InvalidOperationException($"{entry.Kind.GetType().Name} and {work.Kind.GetType().Name} share one place in the lock order");
            }

            entry.Batch.Add(work);
        }
    }

    private long[] LockKeys() => [.. units.SelectMany(u => u.Works).SelectMany(w => w.Locks).Select(KeyOf).Distinct().Order()];

    /// <summary>The lock that stands for a name.</summary>
    public static long KeyOf(string name) => BinaryPrimitives.ReadInt64BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes(name)));
}
