using System.Text.Json;
using CredentialBroker.Protocol;
using CredentialBroker.Storage;
using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Attestation;

/// <summary>Makes the instance's row where it does not exist yet; what was proven of an instance does not change.</summary>
internal sealed record WorkloadSeen(Workload Workload, long At) : Work
{
    public override WorkKind Kind => SeenKind.Instance;

    private sealed class SeenKind : WorkKind
    {
        public static SeenKind Instance { get; } = new();

        public override int Order => LockOrder.Workloads;

        public override WorkBatch Begin(Dialect dialect) => new Batch();
    }

    private sealed class Batch : WorkBatch
    {
        private static readonly RowShape Shape = new("r",
            ("id", ColumnType.Text), ("source", ColumnType.Text), ("kind", ColumnType.Text), ("uri", ColumnType.Text), ("subject", ColumnType.Text),
            ("instance", ColumnType.Text), ("cluster", ColumnType.Text), ("namespace", ColumnType.Text), ("service_account", ColumnType.Text),
            ("pod", ColumnType.Text), ("node", ColumnType.Text), ("strength", ColumnType.Number), ("attributes", ColumnType.Text), ("seen_at", ColumnType.Number),
            ("container", ColumnType.Text), ("issuer", ColumnType.Text));

        private readonly SortedDictionary<string, WorkloadSeen> _seen = new(StringComparer.Ordinal);

        public override void Add(Work work) { }

        public override void Admit(Work work)
        {
            var seen = (WorkloadSeen)work;
            _seen[seen.Workload.Id] = seen;
        }

        public override IEnumerable<Statement> Writes() => _seen.Count == 0
            ? []
            : [new Statement(
                $"""
                INSERT INTO workloads (id, source, kind, uri, subject, instance, cluster, namespace, service_account, pod, node, strength, attributes, seen_at, container, issuer)
                SELECT r.id, r.source, r.kind, r.uri, r.subject, r.instance, r.cluster, r.namespace, r.service_account, r.pod, r.node, r.strength, r.attributes, r.seen_at, r.container, r.issuer
                FROM {Shape.From} WHERE 1 = 1 ON CONFLICT (id) DO NOTHING
                """)
            {
                Shape = Shape,
                Rows = [.. _seen.Select(s => Row(s.Key, s.Value))],
            }];

        private static object?[] Row(string id, WorkloadSeen seen)
        {
            var w = seen.Workload;
            return
            [
                id, w.Source, w.Kind, w.Uri, w.Subject, w.Instance, w.Attributes.GetValueOrDefault("cluster"), w.Attributes.GetValueOrDefault("namespace"),
                w.Attributes.GetValueOrDefault("serviceAccount"), w.Attributes.GetValueOrDefault("pod"), w.Attributes.GetValueOrDefault("node"),
                (long)w.Strength, JsonSerializer.Serialize(w.Attributes), seen.At, w.Attributes.GetValueOrDefault("container"), w.Issuer,
            ];
        }
    }
}

/// <summary>Takes a piece of evidence for the one time that a template allows.</summary>
internal sealed record EvidenceUse(string EvidenceId, long ExpiresAt) : Work
{
    public override WorkKind Kind => UseKind.Instance;

    public override IEnumerable<string> Locks => [$"evidence:{EvidenceId}"];

    private sealed class UseKind : WorkKind
    {
        public static UseKind Instance { get; } = new();

        public override int Order => LockOrder.Workloads - 1;

        public override WorkBatch Begin(Dialect dialect) => new Batch();
    }

    private sealed class Batch : WorkBatch
    {
        private static readonly RowShape Shape = new("e", ("id", ColumnType.Text), ("expires_at", ColumnType.Number));

        private readonly List<EvidenceUse> _asked = [];
        private readonly HashSet<string> _used = new(StringComparer.Ordinal);
        private readonly List<object?[]> _new = [];

        public override void Add(Work work) => _asked.Add((EvidenceUse)work);

        public override IEnumerable<Statement> Reads() =>
        [
            new Statement($"SELECT u.id FROM evidence_uses u JOIN {Shape.From} ON e.id = u.id")
            {
                Shape = Shape,
                Rows = [.. _asked.Select(a => new object?[] { a.EvidenceId, a.ExpiresAt })],
                Row = row => _used.Add(row.GetString(0)),
            },
        ];

        public override Refusal? Check(Work work) => _used.Contains(((EvidenceUse)work).EvidenceId)
            ? new Refusal(ReasonCodes.EvidenceReplayed, "this evidence was used before and the template asks for one-time evidence")
            : null;

        public override void Admit(Work work)
        {
            var use = (EvidenceUse)work;
            _used.Add(use.EvidenceId);
            _new.Add([use.EvidenceId, use.ExpiresAt]);
        }

        public override IEnumerable<Statement> Writes() => _new.Count == 0
            ? []
            : [new Statement($"INSERT INTO evidence_uses (id, expires_at) SELECT e.id, e.expires_at FROM {Shape.From}") { Shape = Shape, Rows = _new }];
    }
}
