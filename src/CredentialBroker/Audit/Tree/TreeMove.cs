using CredentialBroker.Storage;
using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Audit.Tree;

/// <summary>How far the tree goes. Sizes count records.</summary>
/// <param name="Size">Records in the tree.</param>
/// <param name="Signed">Size of the newest checkpoint; 0 before the first.</param>
/// <param name="Absent">Records dropped from the front.</param>
/// <param name="Sealer">The replica that last added to it, and until when the others leave that to it.</param>
internal sealed record TreeHead(long Size, long Signed, long Absent, string? Sealer, long SealerUntil)
{
    public const string Columns = "size, signed, absent, sealer, sealer_until";

    public static TreeHead Read(System.Data.Common.DbDataReader row) =>
        new(row.GetInt64(0), row.GetInt64(1), row.GetInt64(2), row.IsDBNull(3) ? null : row.GetString(3), row.GetInt64(4));
}

/// <summary>
/// A change of the tree, made only while the tree is as it was read: of two replicas that do the same at once, one is
/// refused, whoever believes to be the sealer.
/// </summary>
internal sealed record TreeMove(TreeHead From, TreeHead To, IReadOnlyList<Statement> Writes) : Work
{
    /// <summary>Not a fault: another replica was faster.</summary>
    public const string Moved = "audit_tree_moved";

    private static readonly TreeMoveKind Shared = new();

    public override WorkKind Kind => Shared;

    public override string Alone => "audit tree";

    private sealed class TreeMoveKind : WorkKind
    {
        /// <summary>After every row that others wait for, before the records of its own batch.</summary>
        public override int Order => LockOrder.Tree;

        public override WorkBatch Begin(Dialect dialect) => new Batch(dialect);
    }

    private sealed class Batch(Dialect dialect) : WorkBatch
    {
        private TreeHead? _found;
        private TreeMove? _move;

        public override void Add(Work work) { }

        public override IEnumerable<Statement> Reads() =>
        [
            new Statement($"SELECT {TreeHead.Columns} FROM audit_tree t WHERE id = 1 {dialect.ForUpdate("t")}") { Row = row => _found = TreeHead.Read(row) },
        ];

        public override Refusal? Check(Work work)
        {
            var from = ((TreeMove)work).From;
            return _found is { } found && (found.Size, found.Signed, found.Absent) == (from.Size, from.Signed, from.Absent)
                ? null
                : new Refusal(Moved, "the audit tree is not as it was read");
        }

        public override void Admit(Work work) => _move = (TreeMove)work;

        public override IEnumerable<Statement> Writes() => _move is not { To: var to } ? [] :
        [
            new Statement("UPDATE audit_tree SET size = @size, signed = @signed, absent = @absent, sealer = @sealer, sealer_until = @until WHERE id = 1")
            {
                Values = [("size", to.Size), ("signed", to.Signed), ("absent", to.Absent), ("sealer", to.Sealer), ("until", to.SealerUntil)],
            },
            .. _move.Writes,
        ];
    }
}
