using System.Text.Json;
using CredentialBroker.Audit.Checkpoints;
using CredentialBroker.Audit.Tree;
using CredentialBroker.Protocol.Evidence;
using CredentialBroker.Storage;

namespace CredentialBroker.Audit.Bundles;

/// <summary>Puts together what can be shown about one lease or one period (R37).</summary>
internal sealed class BundleMaker(Store store, AuditStore audit, TreeStore tree, TreeTiles tiles, CheckpointSigner signer)
{
    /// <summary>Most records of a period; more are for an export.</summary>
    public const int MostRecords = 2000;

    /// <summary>Most records of one approval; a service that runs for long has it reaffirmed many times.</summary>
    public const int MostOfApproval = 200;

    private static readonly RowShape Places = new("k", ("chain", ColumnType.Number), ("seq", ColumnType.Number));

    /// <summary>Every record of the lease, and those about its approval.</summary>
    /// <returns>In no order; empty when nothing is known about such a lease.</returns>
    public async Task<List<AuditLine>> OfLeaseAsync(string lease, CancellationToken cancel)
    {
        var lines = await audit.NewestAsync(new AuditQuery(null, null, lease, null), MostRecords, cancel);
        foreach (var approval in lines.Select(ApprovalOf).OfType<string>().ToHashSet(StringComparer.Ordinal)) lines.AddRange(await OfApprovalAsync(approval, cancel));
        return lines;
    }

    /// <summary>Every record of a period; one more than allowed says that there are too many.</summary>
    public Task<List<AuditLine>> OfPeriodAsync(long since, long until, CancellationToken cancel) => store.ListAsync(Pool.Control, new Statement(
        "SELECT chain, seq, hash, body FROM audit WHERE at >= @since AND at < @until LIMIT @most")
    {
        Values = [("since", since), ("until", until), ("most", MostRecords + 1)],
    }, AuditStore.Line, cancel);

    /// <summary>The signed bundle. Every record must be covered by the checkpoint.</summary>
    public async Task<EvidenceBundle> MakeAsync(BundleSubject about, IReadOnlyList<AuditLine> lines, CheckpointView checkpoint, CancellationToken cancel)
    {
        var previous = await PreviousAsync(lines, cancel);
        var placed = new List<(long Position, AuditLine Line)>();
        foreach (var line in lines)
        {
            // What was recorded after the checkpoint is for the next bundle.
            if (await tree.RunOfAsync(line.Chain, line.Seq, cancel) is { } run && run.Position + line.Seq - run.Seq is var position && position < checkpoint.Size) placed.Add((position, line));
        }

        placed.Sort((a, b) => a.Position.CompareTo(b.Position));
        var proofs = placed.Select(p => TreeRanges.Inclusion(p.Position, checkpoint.Size)).ToList();
        var hashes = await tiles.LoadAsync(proofs.SelectMany(p => p), cancel);
        var records = placed.Select((p, i) => new ProvenRecord(
            p.Position, p.Line.Chain, p.Line.Seq, previous[(p.Line.Chain, p.Line.Seq - 1)], p.Line.Hash, p.Line.Body, [.. proofs[i].Select(range => Convert.ToBase64String(hashes.Of(range)))]));
        return signer.Signed(new EvidenceBundle(EvidenceBundle.CurrentForm, about, "", checkpoint.Note, [.. records], ""));
    }

    /// <summary>What is told about an approval; of too many, those of its beginning and of its end.</summary>
    private async Task<IEnumerable<AuditLine>> OfApprovalAsync(string approval, CancellationToken cancel) =>
        (await OfApprovalAsync(approval, "at, chain, seq", cancel)).Union(await OfApprovalAsync(approval, "at DESC, chain DESC, seq DESC", cancel));

    private Task<List<AuditLine>> OfApprovalAsync(string approval, string order, CancellationToken cancel) => store.ListAsync(Pool.Control, new Statement(
        $"SELECT chain, seq, hash, body FROM audit WHERE approval = @approval ORDER BY {order} LIMIT {MostOfApproval / 2}")
    {
        Values = [("approval", approval)],
    }, AuditStore.Line, cancel);

    /// <summary>The hash before each record, which its own was made over.</summary>
    private async Task<Dictionary<(long, long), string>> PreviousAsync(IReadOnlyList<AuditLine> lines, CancellationToken cancel)
    {
        var found = new Dictionary<(long, long), string>();
        foreach (var first in lines.Where(line => line.Seq == 0)) found[(first.Chain, -1)] = ChainHash.Zero;
        await store.ReadAsync(Pool.Control, new Statement($"SELECT a.chain, a.seq, a.hash FROM {Places.From} JOIN audit a ON a.chain = k.chain AND a.seq = k.seq")
        {
            Shape = Places,
            Rows = [.. lines.Where(line => line.Seq > 0).Select(line => new object?[] { line.Chain, line.Seq - 1 })],
            Row = row => found[(row.GetInt64(0), row.GetInt64(1))] = row.GetString(2),
        }, cancel);
        // The one before may be the newest that was dropped.
        await store.ReadAsync(Pool.Control, new Statement("SELECT chain, absent_seq, absent_hash FROM audit_chains WHERE absent_seq IS NOT NULL")
        {
            Row = row => found.TryAdd((row.GetInt64(0), row.GetInt64(1)), row.GetString(2)),
        }, cancel);
        return found;
    }

    private static string? ApprovalOf(AuditLine line)
    {
        using var body = JsonDocument.Parse(line.Body);
        return new Exports.ToldRecord(body.RootElement).Text("approval");
    }
}
