using CredentialBroker.Storage;
using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Leases;

/// <summary>Takes an idempotency key for a lease; a key that is taken makes the unit a replay, and no second credential.</summary>
/// <param name="Key">Hash of instance and key: keys are scoped to the instance.</param>
/// <param name="BodyHash">Hash of the request body, so that one key cannot stand for two requests.</param>
internal sealed record ClaimKey(string Key, string BodyHash, string LeaseId, long At) : Work
{
    /// <summary>Not a denial: the claim was granted before, and its lease answers.</summary>
    public const string Taken = "claim_key_taken";

    public override WorkKind Kind => ClaimKeyKind.Instance;

    public override string Alone => $"claim:{Key}";

    public override IEnumerable<string> Locks => [$"claim:{Key}"];

    private sealed class ClaimKeyKind : WorkKind
    {
        public static ClaimKeyKind Instance { get; } = new();

        public override int Order => LockOrder.Idempotency;

        public override WorkBatch Begin(Dialect dialect) => new Batch();
    }

    private sealed class Batch : WorkBatch
    {
        private static readonly RowShape Keys = new("k", ("key", ColumnType.Text));

        private static readonly RowShape Shape = new("r",
            ("key", ColumnType.Text), ("body_hash", ColumnType.Text), ("lease_id", ColumnType.Text), ("claimed_at", ColumnType.Number));

        private readonly List<ClaimKey> _asked = [];
        private readonly HashSet<string> _taken = new(StringComparer.Ordinal);
        private readonly List<ClaimKey> _new = [];

        public override void Add(Work work) => _asked.Add((ClaimKey)work);

        public override IEnumerable<Statement> Reads() =>
        [
            new Statement($"SELECT c.key FROM claims c JOIN {Keys.From} ON k.key = c.key")
            {
                Shape = Keys,
                Rows = [.. _asked.Select(a => new object?[] { a.Key })],
                Row = row => _taken.Add(row.GetString(0)),
            },
        ];

        public override Refusal? Check(Work work) =>
            _taken.Contains(((ClaimKey)work).Key) ? new Refusal(Taken, "this idempotency key was granted before") : null;

        public override void Admit(Work work) => _new.Add((ClaimKey)work);

        public override IEnumerable<Statement> Writes() => _new.Count == 0
            ? []
            : [new Statement($"INSERT INTO claims (key, body_hash, lease_id, claimed_at) SELECT r.key, r.body_hash, r.lease_id, r.claimed_at FROM {Shape.From}")
            {
                Shape = Shape,
                Rows = [.. _new.Select(Values)],
            }];

        private static object?[] Values(ClaimKey claim) => [claim.Key, claim.BodyHash, claim.LeaseId, claim.At];
    }
}
