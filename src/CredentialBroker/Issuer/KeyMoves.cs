using CredentialBroker.Storage;
using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Issuer;

/// <summary>A guarded change of the keys in the store. Replicas take turns, and what another one did first is not done again.</summary>
internal abstract record KeyMove : Work
{
    /// <summary>Another replica was faster; what it wrote counts.</summary>
    public const string Overtaken = "keys_changed";

    public sealed override WorkKind Kind => KeyKind.Shared;

    public sealed override string Alone => "keys";

    public sealed override IEnumerable<string> Locks => ["keys"];

    /// <summary>True when the keys are still as they were when this was decided.</summary>
    public abstract bool StillHolds(IReadOnlyList<KeyRow> keys);

    public abstract IEnumerable<Statement> Writes();
}

/// <summary>A new key, as successor of the newest of its purpose or as the first.</summary>
/// <param name="Former">The newest key until now.</param>
/// <param name="FormerRetireAt">When it and those before it are retired at the latest.</param>
internal sealed record KeyMade(KeyRow Key, KeyRow? Former, long FormerRetireAt) : KeyMove
{
    public override bool StillHolds(IReadOnlyList<KeyRow> keys) => keys.LastOrDefault(key => key.Purpose == Key.Purpose)?.Kid == Former?.Kid;

    public override IEnumerable<Statement> Writes() =>
    [
        new Statement("UPDATE signing_keys SET retires_at = @retires WHERE purpose = @purpose AND (retires_at IS NULL OR retires_at > @retires)")
        {
            Values = [("purpose", Key.Purpose), ("retires", FormerRetireAt)],
        },
        new Statement("INSERT INTO signing_keys (kid, purpose, wrapped, made_at, signs_from) VALUES (@kid, @purpose, @wrapped, @made, @signs)")
        {
            Values = [("kid", Key.Kid), ("purpose", Key.Purpose), ("wrapped", Key.Wrapped), ("made", Key.MadeAt), ("signs", Key.SignsFrom)],
        },
    ];
}

/// <summary>The private half of a retired key is erased; its public half and its times stay.</summary>
internal sealed record KeyErased(string Kid, string PublicKey) : KeyMove
{
    public override bool StillHolds(IReadOnlyList<KeyRow> keys) => keys.Any(key => key.Kid == Kid && !key.IsErased);

    public override IEnumerable<Statement> Writes() =>
        [new Statement("UPDATE signing_keys SET wrapped = '', public_key = @public WHERE kid = @kid") { Values = [("kid", Kid), ("public", PublicKey)] }];
}

/// <summary>Keys wrapped anew under another key-encryption key, all or none.</summary>
internal sealed record KeysRewrapped(IReadOnlyList<(KeyRow Key, string Wrapped)> Keys) : KeyMove
{
    public override bool StillHolds(IReadOnlyList<KeyRow> keys) => Keys.All(anew => keys.Any(key => key.Kid == anew.Key.Kid && key.Wrapped == anew.Key.Wrapped));

    public override IEnumerable<Statement> Writes() => Keys.Select(anew =>
        new Statement("UPDATE signing_keys SET wrapped = @wrapped WHERE kid = @kid") { Values = [("kid", anew.Key.Kid), ("wrapped", anew.Wrapped)] });
}

internal sealed class KeyKind : WorkKind
{
    public static readonly KeyKind Shared = new();

    // After everything that a request waits for, before the records.
    public override int Order => LockOrder.Keys;

    public override WorkBatch Begin(Dialect dialect) => new Batch();

    private sealed class Batch : WorkBatch
    {
        private readonly List<KeyRow> _stored = [];
        private readonly List<Statement> _writes = [];

        public override void Add(Work work) { }

        public override IEnumerable<Statement> Reads() => [KeyRow.All with { Row = row => _stored.Add(KeyRow.Read(row)) }];

        public override Refusal? Check(Work work) =>
            ((KeyMove)work).StillHolds(_stored) ? null : new Refusal(KeyMove.Overtaken, "another replica changed the keys first");

        public override void Admit(Work work) => _writes.AddRange(((KeyMove)work).Writes());

        public override IEnumerable<Statement> Writes() => _writes;
    }
}
