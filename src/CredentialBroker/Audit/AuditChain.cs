using CredentialBroker.Protocol.Evidence;
using CredentialBroker.Storage;
using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Audit;

/// <summary>
/// This process's chain of records. Its head moves only on a known commit; when a commit is lost for good, the chain
/// is left as it is and a new one begins.
/// </summary>
internal sealed class AuditChain(TimeProvider clock) : WorkKind
{
    private long _chain;
    private long _seq;
    private string _head = ChainHash.Zero;

    public override int Order => LockOrder.Audit;

    /// <summary>A record to be chained when its unit commits.</summary>
    public Work Append(AuditEvent entry) => new Record(this, entry, entry.ToBody());

    public override WorkBatch Begin(Dialect dialect) => new Batch(this);

    private sealed record Record(AuditChain Chain, AuditEvent Event, string Body) : Work
    {
        public override WorkKind Kind => Chain;

        /// <summary>A chain begins with its first batch: which one stands before it is read under a lock that all replicas share.</summary>
        public override IEnumerable<string> Locks => Chain._chain == 0 ? ["audit chain start"] : [];
    }

    private sealed class Batch(AuditChain chain) : WorkBatch
    {
        private static readonly RowShape Shape = new("r",
            ("chain", ColumnType.Number), ("seq", ColumnType.Number), ("id", ColumnType.Text), ("type", ColumnType.Text), ("stream", ColumnType.Text),
            ("lease", ColumnType.Text), ("approval", ColumnType.Text), ("at", ColumnType.Number), ("hash", ColumnType.Text), ("body", ColumnType.Text));

        private readonly List<Record> _records = [];
        private long _chain = chain._chain;
        private long _seq = chain._seq;
        private string _head = chain._head;
        private (long Chain, long Seq, string Hash)? _newest;

        public override void Add(Work work) { }

        public override IEnumerable<Statement> Reads()
        {
            if (_chain != 0) yield break;
            yield return new Statement("SELECT chain, seq, hash FROM audit ORDER BY chain DESC, seq DESC LIMIT 1")
            {
                Row = row => _newest = (row.GetInt64(0), row.GetInt64(1), row.GetString(2)),
            };
        }

        public override void Admit(Work work) => _records.Add((Record)work);

        public override IEnumerable<Statement> Writes()
        {
            if (_records.Count == 0) return [];
            var rows = new List<object?[]>(_records.Count + 1);
            if (_chain == 0)
            {
                _chain = (_newest?.Chain ?? 0) + 1;
                var genesis = AuditEvent.Of(chain.Clock, "audit.chain_started", Streams.Control) with
                {
                    Chain = new ChainBlock(_chain, chain.Writer, _newest?.Chain, _newest?.Seq, _newest?.Hash),
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

        public override void Committed()
        {
            if (_records.Count == 0) return;
            (chain._chain, chain._seq, chain._head) = (_chain, _seq, _head);
        }

        public override void Lost() => (chain._chain, chain._seq, chain._head) = (0, 0, ChainHash.Zero);

        private object?[] Link(AuditEvent entry, string body)
        {
            _head = ChainHash.Of(_head, _seq, body);
            return [_chain, _seq++, entry.Id, entry.Type, entry.Stream, entry.Lease, entry.AboutApproval, entry.Time, _head, body];
        }
    }

    private TimeProvider Clock => clock;

    /// <summary>Names the process in the chain's first record.</summary>
    public string Writer { get; set; } = "";
}
