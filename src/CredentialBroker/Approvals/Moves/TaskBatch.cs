using CredentialBroker.Protocol;
using CredentialBroker.Storage;
using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Approvals.Moves;

/// <summary>Guards and ends of one batch, in arrival order.</summary>
internal sealed class TaskBatch : WorkBatch
{
    private static readonly RowShape Asked = new("k", ("task", ColumnType.Text));

    private static readonly RowShape Tombstones = new("t", ("task", ColumnType.Text), ("ended_at", ColumnType.Number), ("ended_by", ColumnType.Text));

    private readonly HashSet<string> _asked = new(StringComparer.Ordinal);
    private readonly HashSet<string> _ended = new(StringComparer.Ordinal);
    private readonly List<object?[]> _new = [];

    public override void Add(Work work) => _asked.Add(((TaskWork)work).Task);

    public override IEnumerable<Statement> Reads() =>
    [
        new Statement($"SELECT t.task FROM {Asked.From} JOIN ended_tasks t ON t.task = k.task")
        {
            Shape = Asked,
            Rows = [.. _asked.Select(task => new object?[] { task })],
            Row = row => _ended.Add(row.GetString(0)),
        },
    ];

    public override Refusal? Check(Work work) => work is TaskGuard guard && _ended.Contains(guard.Task)
        ? new Refusal(ReasonCodes.TaskEnded, "the task is over")
        : null;

    public override void Admit(Work work)
    {
        if (work is TaskEnd end && _ended.Add(end.Task)) _new.Add([end.Task, end.Now, end.By]);
    }

    public override IEnumerable<Statement> Writes()
    {
        if (_new.Count == 0) yield break;
        yield return new Statement($"INSERT INTO ended_tasks (task, ended_at, ended_by) SELECT t.task, t.ended_at, t.ended_by FROM {Tombstones.From}")
        {
            Shape = Tombstones,
            Rows = _new,
        };
    }
}
