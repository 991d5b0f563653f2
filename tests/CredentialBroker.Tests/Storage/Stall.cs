using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Storage;

/// <summary>Holds the writer in the middle of a batch, so that what is queued meanwhile waits together.</summary>
internal sealed record Stall : Work
{
    private readonly TaskCompletionSource _entered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ManualResetEventSlim _released = new();
    private Task<Refusal?> _outcome = Task.FromResult<Refusal?>(null);

    public override WorkKind Kind => StallKind.Instance;

    public static async Task<Stall> BeginAsync(Journal journal)
    {
        var stall = new Stall();
        stall._outcome = journal.CommitAsync(Lane.Control, stall);
        await stall._entered.Task.WaitAsync(Replica.Patience);
        return stall;
    }

    public async Task EndAsync()
    {
        _released.Set();
        Assert.Null(await _outcome.WaitAsync(Replica.Patience));
    }

    private sealed class StallKind : WorkKind
    {
        public static StallKind Instance { get; } = new();

        public override int Order => 1;

        public override WorkBatch Begin(Dialect dialect) => new Batch();
    }

    private sealed class Batch : WorkBatch
    {
        public override void Add(Work work) { }

        public override Refusal? Check(Work work)
        {
            var stall = (Stall)work;
            stall._entered.TrySetResult();
            Assert.True(stall._released.Wait(Replica.Patience));
            return null;
        }

        public override void Admit(Work work) { }

        public override IEnumerable<Statement> Writes() => [];
    }
}
