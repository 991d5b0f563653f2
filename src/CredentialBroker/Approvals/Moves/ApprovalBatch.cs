using System.Data.Common;
using CredentialBroker.Storage;
using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Approvals.Moves;

/// <summary>All moves of one batch: rows locked by ascending id, decided in memory, written in at most four statements.</summary>
internal sealed class ApprovalBatch(Dialect dialect) : WorkBatch
{
    private static readonly RowShape Ids = new("k", ("id", ColumnType.Text));

    private static readonly RowShape Instances = new("k", ("id", ColumnType.Text), ("instance", ColumnType.Text));

    private static readonly RowShape Wants = new("k",
        ("id", ColumnType.Text), ("instance", ColumnType.Text), ("source", ColumnType.Text), ("reference", ColumnType.Text),
        ("event", ColumnType.Text), ("task", ColumnType.Text));

    private static readonly RowShape States = new("s", ("id", ColumnType.Text), ("state", ColumnType.Number), ("uses", ColumnType.Number), ("claim_by", ColumnType.Number));

    private static readonly RowShape Uses = new("u", ("approval_id", ColumnType.Text), ("instance", ColumnType.Text), ("used_at", ColumnType.Number));

    private static readonly RowShape Events = new("e", ("source", ColumnType.Text), ("event_id", ColumnType.Text), ("expires_at", ColumnType.Number));

    private readonly List<Wanted> _wanted = [];
    private readonly Book _book = new();

    public override void Add(Work work) => _wanted.AddRange(((ApprovalMove)work).Wants);

    public override IEnumerable<Statement> Reads()
    {
        // The order of locking is the order of ids on every replica. A use is read after its approval is locked, so that
        // it is seen whoever committed it.
        // Claims, the many, look up by id alone; only arrivals and task ends pay for the other ways in.
        yield return _wanted.TrueForAll(w => w is { Id: not null })
            ? new Statement($"SELECT {ApprovalRows.ColumnsOf("a")} FROM {Ids.From} JOIN approvals a ON a.id = k.id ORDER BY a.id {dialect.ForUpdate("a")}")
            {
                Shape = Ids,
                Rows = [.. _wanted.Select(w => w.Id).Distinct().Select(id => new object?[] { id })],
                Row = Put,
            }
            : Read($"SELECT {ApprovalRows.ColumnsOf("a")} FROM approvals a WHERE a.id IN ({AllIds}) ORDER BY a.id {dialect.ForUpdate("a")}", Put);
        if (_wanted.Exists(w => w.Instance is not null))
        {
            yield return new Statement($"SELECT u.approval_id, u.instance FROM {Instances.From} JOIN approval_uses u ON u.approval_id = k.id AND u.instance = k.instance")
            {
                Shape = Instances,
                Rows = [.. _wanted.Where(w => w.Instance is not null).Select(w => new object?[] { w.Id, w.Instance })],
                Row = row => _book.Find(row.GetString(0))?.WasBound(row.GetString(1)),
            };
        }

        if (_wanted.Exists(w => w.Event is not null))
        {
            yield return Read(
                $"SELECT e.source, e.event_id FROM {Wants.From} JOIN approval_events e ON e.source = k.source AND e.event_id = k.event",
                row => _book.Received(row.GetString(0), row.GetString(1)));
        }
    }

    public override Refusal? Check(Work work) => ((ApprovalMove)work).Check(_book);

    public override void Admit(Work work) => ((ApprovalMove)work).Admit(_book);

    public override IEnumerable<Statement> Writes()
    {
        var added = _book.All.Where(h => h.IsNew).Select(h => ApprovalRows.Write(h.Row)).ToList();
        var changed = _book.All.Where(h => h is { Changed: true, IsNew: false }).Select(h => new object?[] { h.Row.Id, (int)h.Row.State, h.Row.Uses, h.Row.ClaimBy }).ToList();
        if (added.Count > 0) yield return Insert("approvals", ApprovalRows.Shape, added);
        if (changed.Count > 0)
        {
            yield return new Statement($"UPDATE approvals SET state = s.state, uses = s.uses, claim_by = s.claim_by FROM {States.From} WHERE approvals.id = s.id")
            {
                Shape = States,
                Rows = changed,
            };
        }

        if (_book.NewUses.Count > 0) yield return Insert("approval_uses", Uses, _book.NewUses);
        if (_book.NewEvents.Count > 0) yield return Insert("approval_events", Events, _book.NewEvents);
    }

    private static readonly string AllIds =
        $"SELECT k.id FROM {Wants.From} UNION SELECT b.id FROM {Wants.From} JOIN approvals b ON b.source = k.source AND b.reference = k.reference "
        + $"UNION SELECT c.id FROM {Wants.From} JOIN approvals c ON c.task = k.task";

    private void Put(DbDataReader row) => _book.Put(new Held(ApprovalRows.Read(row), isNew: false));

    private Statement Read(string sql, Action<DbDataReader> row) => new(sql)
    {
        Shape = Wants,
        Rows = [.. _wanted.Select(w => new object?[] { w.Id, w.Instance, w.Source, w.Reference, w.Event, w.Task })],
        Row = row,
    };

    private static Statement Insert(string table, RowShape shape, List<object?[]> rows)
    {
        var names = shape.Columns.Select(c => c.Name).ToArray();
        var values = string.Join(", ", names.Select(n => $"{shape.Alias}.{n}"));
        return new Statement($"INSERT INTO {table} ({string.Join(", ", names)}) SELECT {values} FROM {shape.From}")
        {
            Shape = shape,
            Rows = rows,
        };
    }
}
