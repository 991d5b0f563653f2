using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Storage;

/// <summary>
/// Lets a unit through only while a query answers a row. For rare moves of single rows, such as approving a record: the
/// name is locked across replicas and alone in its batch, so that what was found is still so when the unit is written.
/// </summary>
/// <param name="Name">What is guarded; every unit that changes it guards it by this name.</param>
/// <param name="Query">Answers a row when the unit may go through.</param>
/// <param name="Otherwise">The answer when it does not.</param>
internal sealed record RowGuard(string Name, Statement Query, Refusal Otherwise) : Work
{
    private static readonly GuardKind Shared = new();

    public override WorkKind Kind => Shared;

    public override string? Alone => Name;

    public override IEnumerable<string> Locks => [Name];

    private sealed class GuardKind : WorkKind
    {
        /// <summary>Before the plain statements that it guards.</summary>
        public override int Order => LockOrder.Rows;

        public override WorkBatch Begin(Dialect dialect) => new Batch();
    }

    private sealed class Batch : WorkBatch
    {
        private readonly List<RowGuard> _guards = [];
        private readonly HashSet<RowGuard> _hold = new(ReferenceEqualityComparer.Instance);

        public override void Add(Work work) => _guards.Add((RowGuard)work);

        public override IEnumerable<Statement> Reads() => _guards.Select(guard => guard.Query with { Row = _ => _hold.Add(guard) });

        public override Refusal? Check(Work work) => _hold.Contains((RowGuard)work) ? null : ((RowGuard)work).Otherwise;

        public override void Admit(Work work) { }

        public override IEnumerable<Statement> Writes() => [];
    }
}
