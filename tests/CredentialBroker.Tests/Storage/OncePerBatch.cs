using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Storage;

/// <summary>Does nothing, at most once per batch for each key, and keeps a key to itself across replicas.</summary>
internal sealed record OncePerBatch(string Key) : Work
{
    public override WorkKind Kind => OnceKind.Instance;

    public override string Alone => Key;

    public override IEnumerable<string> Locks => [Key];

    private sealed class OnceKind : WorkKind
    {
        public static OnceKind Instance { get; } = new();

        public override int Order => 2;

        public override WorkBatch Begin(Dialect dialect) => new Batch();
    }

    private sealed class Batch : WorkBatch
    {
        public override void Add(Work work) { }

        public override void Admit(Work work) { }

        public override IEnumerable<Statement> Writes() => [];
    }
}
