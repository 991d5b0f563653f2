using System.IO.Pipelines;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Evidence;
using CredentialBroker.WebConsole.Frame;

namespace CredentialBroker.WebConsole.Audit;

/// <summary>What happened, and whether the records of it hold.</summary>
internal static class AuditPages
{
    private const int Newest = 200;

    public static void MapAuditPage(this IEndpointRouteBuilder routes)
    {
        routes.MapPage(Menu.Audit, visit => ShowAsync(visit, null));
        routes.MapAct(Menu.Audit + "/verify", async visit => await ShowAsync(visit, await VerifyAsync(visit.Api, visit.Cancel)));
    }

    private static async Task<IResult> ShowAsync(Visit visit, ChainVerdict? verdict)
    {
        var filter = new AuditFilter(visit.Query.Text("stream"), visit.Query.Text("type"), visit.Query.Text("lease"), Tail: Newest);
        var records = Part.Of(ReadAsync(visit.Api, filter, visit.Cancel));
        var checkpoints = Part.Of(CheckpointsAsync(visit.Api, visit.Cancel));
        return visit.Page<AuditPage>("Audit", Menu.Audit, null, ("Filter", filter), ("Records", await records), ("Checkpoints", await checkpoints), ("Verdict", verdict));
    }

    private static async Task<IReadOnlyList<AuditRecord>> ReadAsync(BrokerClient api, AuditFilter filter, CancellationToken cancel)
    {
        var records = new List<AuditRecord>();
        await foreach (var line in api.ReadAuditAsync(filter, cancel)) records.Add(AuditRecord.Of(line));
        return [.. records.OrderByDescending(record => record.At)];
    }

    /// <summary>The newest checkpoints, each with whether one of the published keys signed it.</summary>
    private static async Task<IReadOnlyList<SignedCheckpoint>> CheckpointsAsync(BrokerClient api, CancellationToken cancel)
    {
        var keys = VerificationKey.ParseAll(await api.GetEvidenceKeysAsync(cancel));
        return [.. (await api.ListCheckpointsAsync(5, cancel)).Items.Select(view => new SignedCheckpoint(view.Size, view.At, Checkpoint.Parse(view.Note).SignerAmong(keys)?.Name))];
    }

    /// <summary>Everything there is, chain by chain, against the tree and its signed checkpoint; as it comes, whatever its size.</summary>
    private static async Task<ChainVerdict> VerifyAsync(BrokerClient api, CancellationToken cancel)
    {
        var keys = VerificationKey.ParseAll(await api.GetEvidenceKeysAsync(cancel));
        var pipe = new Pipe();
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var copying = CopyAsync(api, pipe.Writer, enough.Token);
        var verdict = await ExportVerifier.VerifyAsync(pipe.Reader.AsStream(), new KeptEvidence(keys, []), cancel);
        // What comes after the first thing wrong is not asked for.
        if (verdict.Problem is not null) await enough.CancelAsync();
        await copying.ConfigureAwait(verdict.Problem is null ? ConfigureAwaitOptions.None : ConfigureAwaitOptions.SuppressThrowing);
        return verdict;
    }

    private static async Task CopyAsync(BrokerClient api, PipeWriter to, CancellationToken cancel)
    {
        try
        {
            await using (var stream = to.AsStream(leaveOpen: true)) await api.CopyEvidenceAsync(stream, cancel);
            await to.CompleteAsync();
        }
        catch (Exception fault)
        {
            // Whoever reads learns why nothing more comes.
            await to.CompleteAsync(fault);
            throw;
        }
    }
}
