using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Storage;

/// <summary>A guard that says no, or breaks.</summary>
internal sealed record Never(Exception? Error = null) : Work
{
    public override WorkKind Kind => NeverKind.Instance;

    private sealed class NeverKind : WorkKind
    {
        public static NeverKind Instance { get; } = new();

        public override int Order => LockOrder.Leases + 5;

        public override WorkBatch Begin(Dialect dialect) => new Batch();
    }

    private sealed class Batch : WorkBatch
    {
        public override void Add(Work work) { }

        public override Refusal? Check(Work work) => ((Never)work).Error is { } error ? throw error : new Refusal("never", "this is never allowed");

        public override void Admit(Work work) => Assert.Fail("a refused unit was admitted");

        public override IEnumerable<Statement> Writes() => [];
    }
}
