using System.Globalization;
using CredentialBroker.Protocol;
using CredentialBroker.Storage;
using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Controls;

/// <summary>Every grant and renewal: goes through only while the epoch its facts were read at still stands.</summary>
internal sealed record EpochGuard(long Epoch) : Work
{
    public override WorkKind Kind => EpochKind.Instance;
}

/// <summary>Every freeze, thaw, activation or change of trust: no grant decided before it is committed after it.</summary>
internal sealed record EpochBump : Work
{
    public override WorkKind Kind => EpochKind.Instance;
}

internal sealed class EpochKind : WorkKind
{
    /// <summary>Not a denial: the facts are older than a control, so that they are read and judged again.</summary>
    public const string Stale = "epoch_stale";

    public static EpochKind Instance { get; } = new();

    public override int Order => LockOrder.Epoch;

    public override WorkBatch Begin(Dialect dialect) => new Batch(dialect);

    private sealed class Batch(Dialect dialect) : WorkBatch
    {
        private static readonly long LockKey = BatchRun.KeyOf("control epoch");

        private bool _mayBump;
        private long _stored;
        private long _bumps;

        public override void Add(Work work) => _mayBump |= work is EpochBump;

        // A batch that may bump locks for it at once: raising a shared lock later is how two replicas would deadlock. The
        // lock is none on the row, which many who share it would have to write to. What is read after it is the newest.
        public override IEnumerable<Statement> Reads()
        {
            if ((_mayBump ? dialect.Lock([LockKey]) : dialect.LockShared(LockKey)) is { } held) yield return held;
            yield return new Statement("SELECT epoch FROM control_epoch WHERE id = 1") { Row = row => _stored = row.GetInt64(0) };
        }

        public override Refusal? Check(Work work) => work is EpochGuard guard && guard.Epoch != _stored + _bumps
            ? new Refusal(Stale, string.Create(CultureInfo.InvariantCulture, $"decided at epoch {guard.Epoch}, now {_stored + _bumps}"))
            : null;

        public override void Admit(Work work)
        {
            if (work is EpochBump) _bumps++;
        }

        public override IEnumerable<Statement> Writes() => _bumps == 0
            ? []
            : [new Statement("UPDATE control_epoch SET epoch = epoch + @bumps WHERE id = 1") { Values = [("bumps", _bumps)] }];
    }
}
