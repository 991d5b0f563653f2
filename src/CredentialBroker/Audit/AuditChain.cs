using System.Collections.Concurrent;
using CredentialBroker.Protocol.Evidence;
using CredentialBroker.Storage;
using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Audit;

/// <summary>
/// This process's chains of records: one for each batch that is under way at a time. A head moves only on a known commit;
/// when a commit is lost for good, its chain is left as it is and a new one begins.
/// </summary>
internal sealed class AuditChain(TimeProvider clock) : WorkKind
{
    private readonly ConcurrentStack<Head> _idle = new();

    public override int Order => LockOrder.Audit;

    /// <summary>A record to be chained when its unit commits.</summary>
    public Work Append(AuditEvent entry) => new Record(this, entry, entry.ToBody());

    public override WorkBatch Begin(Dialect dialect) => new Batch(this, _idle.TryPop(out var head) ? head : new Head(0, 0, ChainHash.Zero));

    private sealed record Record(AuditChain Chain, AuditEvent Event, string Body) : Work
    {
        public override WorkKind Kind => Chain;
    }

    /// <summary>Where a chain stands; chain 0 has not begun.</summary>
    private sealed record Head(long Chain, long Seq, string Hash);

    private sealed class Batch(AuditChain chain, Head from) : WorkBatch
    {
        private static readonly RowShape Shape = new("r",
            ("chain", ColumnType.Number), ("seq", ColumnType.Number), ("id", ColumnType.Text), ("type", ColumnType.Text), ("stream", ColumnType.Text),
            ("lease", ColumnType.Text), ("approval", ColumnType.Text), ("at", ColumnType.Number), ("hash", ColumnType.Text), ("body", ColumnType.Text));

        private readonly List<Record> _records = [];
        private readonly Head _from = from;
        private Head _head = from;
        private Head? _newest;

        /// <summary>A chain begins with its first batch: which one stands before it is read under a lock that all replicas share.</summary>
        public override IEnumerable<string> Locks => _from.Chain == 0 ? ["audit chain start"] : [];

        public override void Add(Work work) { }

        public override IEnumerable<Statement> Reads()
        {
            if (_from.Chain != 0) yield break;
            yield return new Statement("SELECT chain, seq, hash FROM audit ORDER BY chain DESC, seq DESC LIMIT 1")
            {
                Row = row => _newest = new Head(row.GetInt64(0), row.GetInt64(1), row.GetString(2)),
            };
        }

        public override void Admit(Work work) => _records.Add((Record)work);

        public override IEnumerable<Statement> Writes()
        {
            if (_records.Count == 0) return [];
            var rows = new List<object?[]>(_records.Count + 1);
            if (_from.Chain == 0)
            {
                _head = _head with { Chain = (_newest?.Chain ?? 0) + 1 };
                var genesis = AuditEvent.Of(chain.Clock, "audit.chain_started", Streams.Control) with
                {
                    Chain = new ChainBlock(_head.Chain, chain.Writer, _newest?.Chain, _newest?.Seq, _newest?.Hash),
                };
                rows.Add(Link(genesis, genesis.ToBody()));
            }

            foreach (var record in _records) rows.Add(Link(record.Event, record.Body));
            return
            [
                new Statement($"INSERT INTO audit (chain, seq, id, type, stream, lease, approval, at, hash, body) SELECT r.chain, r.seq, r.id, r.type, r.stream, r.lease, r.approval, r.at, r.hash, r.body FROM {Shape.From}")
                {
                    Shape = Shape,
                    Rows = rows,
                },
            ];
        }

        public override void Committed() => chain._idle.Push(_records.Count == 0 ? _from : _head);

        public override void Abandoned() => chain._idle.Push(_from);

        public override void Lost() { }

        private object?[] Link(AuditEvent entry, string body)
        {
            var seq = _head.Seq;
            _head = _head with { Seq = seq + 1, Hash = ChainHash.Of(_head.Hash, seq, body) };
            return [_head.Chain, seq, entry.Id, entry.Type, entry.Stream, entry.Lease, entry.AboutApproval, entry.Time, _head.Hash, body];
        }
    }

    private TimeProvider Clock => clock;

    /// <summary>Names the process in the chain's first record.</summary>
    public string Writer { get; set; } = "";
}
