namespace CredentialBroker.Storage.Journaling;

/// <summary>One statement that needs no guard and is too rare to be set-based, such as setting a freeze.</summary>
internal sealed record PlainWrite(Statement Statement) : Work
{
    private static readonly PlainWriteKind Shared = new();

    public PlainWrite(string sql, params (string Name, object? Value)[] values)
        : this(new Statement(sql) { Values = values })
    {
    }

    /// <summary>Names this statement must have to itself across replicas.</summary>
    public IReadOnlyList<string> LockNames { get; init; } = [];

    public override WorkKind Kind => Shared;

    public override IEnumerable<string> Locks => LockNames;

    private sealed class PlainWriteKind : WorkKind
    {
        public override int Order => LockOrder.Plain;

        public override WorkBatch Begin(Dialect dialect) => new Batch();
    }

    private sealed class Batch : WorkBatch
    {
        private readonly List<Statement> _statements = [];

        public override void Add(Work work) { }

        public override void Admit(Work work) => _statements.Add(((PlainWrite)work).Statement);

        public override IEnumerable<Statement> Writes() => _statements;
    }
}
