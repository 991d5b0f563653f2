using CredentialBroker.Audit.Bundles;
using CredentialBroker.Audit.Checkpoints;
using CredentialBroker.Audit.Exports;
using CredentialBroker.Audit.Tree;
using CredentialBroker.Issuer;
using CredentialBroker.Protocol.Evidence;
using CredentialBroker.Storage;
using CredentialBroker.Storage.Journaling;
using Microsoft.Extensions.Logging.Abstractions;

namespace CredentialBroker.Audit;

/// <summary>All that makes evidence, on one replica.</summary>
internal sealed class EvidenceRig : IDisposable
{
    public const string Origin = "broker.test/audit";

    private readonly bool _ownsKey;

    public EvidenceRig(Replica replica, AuditOptions? options = null, P256SigningKey? key = null, Func<CheckpointStore, IReadOnlyList<AuditExport>>? exports = null)
    {
        Replica = replica;
        Options = options ?? new AuditOptions();
        (_ownsKey, Key) = (key is null, key ?? P256SigningKey.Generate());
        var (log, mine) = (new SealLog(NullLogger<SealLog>.Instance), new EvidenceKey(Key.Verifying.X, Key.Verifying.Y, text => Key.Sign(text)));
        Signer = new CheckpointSigner(new EvidenceKeys(() => mine, () => [(mine.X, mine.Y)]), Origin);
        (Tree, Tiles, Checkpoints) = (new TreeStore(replica.Store), new TreeTiles(replica.Store), new CheckpointStore(replica.Store));
        Sealer = new Sealer(Tree, Tiles, replica.Journal, log, replica.Clock);
        Maker = new CheckpointMaker(Tree, Tiles, Checkpoints, Signer, replica.Journal, Options, log, replica.Clock);
        var reader = new EvidenceReader(replica.Store, Tree);
        Stream = new ExportStream(replica.Store, Tree, Tiles, reader, Checkpoints);
        Bundles = new BundleMaker(replica.Store, replica.Audit, Tree, Tiles, Signer);
        Cursors = new ExportCursors(replica.Store, replica.Journal, replica.Clock);
        Exports = new AuditExports(Options, exports?.Invoke(Checkpoints) ?? [], Cursors, reader, Checkpoints, new ExportLog(NullLogger<ExportLog>.Instance), replica.Clock);
        Retention = new AuditRetention(replica.Store, Tree, Exports, Cursors, replica.Journal, Options, replica.Clock);
    }

    public Replica Replica { get; }
    public AuditOptions Options { get; }
    public P256SigningKey Key { get; }
    public CheckpointSigner Signer { get; }
    public TreeStore Tree { get; }
    public TreeTiles Tiles { get; }
    public CheckpointStore Checkpoints { get; }
    public Sealer Sealer { get; }
    public CheckpointMaker Maker { get; }
    public ExportStream Stream { get; }
    public BundleMaker Bundles { get; }
    public ExportCursors Cursors { get; }
    public AuditExports Exports { get; }
    public AuditRetention Retention { get; }

    public Work Told(string detail, string? lease = null) =>
        (AuditEvent.Of(Replica.Clock, "credential.issued", Streams.Issuance) with { Detail = detail, Lease = lease }).On(Replica.Chain);

    /// <summary>Records so many events in one commit.</summary>
    public async Task TellAsync(int count) => Assert.Null(await Replica.CodeAsync([.. Enumerable.Range(0, count).Select(i => Told($"event {i} \"quoted\" ünïcode"))]));

    public async Task<Checkpoint> SealAndSignAsync()
    {
        await Sealer.SealAsync(always: true, default);
        return Checkpoint.Parse((await Maker.MakeNowAsync(default))!.Note);
    }

    public async Task<byte[]> ExportAsync()
    {
        await SealAndSignAsync();
        using var export = new MemoryStream();
        await Stream.WriteAsync(export, (await Checkpoints.NewestAsync(1, default))[0], default);
        return export.ToArray();
    }

    /// <summary>Brings every lane to its end.</summary>
    public async Task DeliverAsync()
    {
        await Sealer.SealAsync(always: true, default);
        Exports.Start(await Tree.HeadAsync(default));
        await Exports.SettleAsync();
    }

    public static async Task<ChainVerdict> VerifyAsync(byte[] export, IReadOnlyList<VerificationKey> keys, params Checkpoint[] kept)
    {
        using var stream = new MemoryStream(export);
        return await ExportVerifier.VerifyAsync(stream, new KeptEvidence(keys, kept));
    }

    public Task<ChainVerdict> VerifyAsync(byte[] export, params Checkpoint[] kept) => VerifyAsync(export, Signer.All, kept);

    public void Dispose()
    {
        Exports.Dispose();
        if (_ownsKey) Key.Dispose();
    }
}
