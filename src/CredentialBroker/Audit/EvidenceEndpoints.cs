using System.Text;
using CredentialBroker.Audit.Bundles;
using CredentialBroker.Audit.Checkpoints;
using CredentialBroker.Audit.Tree;
using CredentialBroker.Hosting;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Evidence;

namespace CredentialBroker.Audit;

/// <summary>What an auditor takes away: checkpoints, the key they are verified with, exports, bundles.</summary>
internal static class EvidenceEndpoints
{
    public static void MapEvidence(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/v1/audit/checkpoints", async (HttpContext http, CheckpointStore checkpoints, int? count) =>
            Results.Json(new CheckpointList(await checkpoints.NewestAsync(Math.Clamp(count ?? 100, 1, 1000), http.RequestAborted)), ProtocolJson.Default.CheckpointList));
        routes.MapGet("/v1/audit/key", (CheckpointSigner signer) => Results.Text(string.Concat(signer.All.Select(key => $"{key}\n")), "text/plain", Encoding.UTF8));
        routes.MapGet("/v1/audit/export", ExportAsync);
        routes.MapGet("/v1/audit/evidence", PeriodAsync);
        routes.MapGet("/v1/leases/{id}/evidence", LeaseAsync);
    }

    private static async Task<IResult> ExportAsync(HttpContext http, Sealer sealer, CheckpointMaker maker, ExportStream export)
    {
        if (await CheckpointAsync(sealer, maker, http.RequestAborted) is not { } last) return Unsigned();
        return Results.Stream(to => export.WriteAsync(to, last, http.RequestAborted), "application/x-ndjson");
    }

    private static async Task<IResult> LeaseAsync(string id, HttpContext http, Sealer sealer, CheckpointMaker maker, BundleMaker bundles)
    {
        var lines = await bundles.OfLeaseAsync(id, http.RequestAborted);
        if (lines.Count == 0) return Problems.Of(ReasonCodes.LeaseUnknown, "no record of such a lease");
        if (await CheckpointAsync(sealer, maker, http.RequestAborted) is not { } last) return Unsigned();
        return Bundle(await bundles.MakeAsync(new BundleSubject(Lease: id), lines, last, http.RequestAborted));
    }

    private static async Task<IResult> PeriodAsync(HttpContext http, Sealer sealer, CheckpointMaker maker, BundleMaker bundles, long? since, long? until)
    {
        if (since is not { } from || until is not { } to || from < 0 || to <= from) return Problems.Of(ReasonCodes.Invalid, "name since and until, in UTC milliseconds");
        var lines = await bundles.OfPeriodAsync(from, to, http.RequestAborted);
        if (lines.Count > BundleMaker.MostRecords) return Problems.Of(ReasonCodes.Invalid, $"more than {BundleMaker.MostRecords} records: narrow the period, or export all");
        if (await CheckpointAsync(sealer, maker, http.RequestAborted) is not { } last) return Unsigned();
        return Bundle(await bundles.MakeAsync(new BundleSubject(Since: from, Until: to), lines, last, http.RequestAborted));
    }

    /// <summary>One over all that is recorded by now.</summary>
    private static async Task<CheckpointView?> CheckpointAsync(Sealer sealer, CheckpointMaker maker, CancellationToken cancel)
    {
        await sealer.SealAsync(always: true, cancel);
        return await maker.MakeNowAsync(cancel);
    }

    private static IResult Unsigned() => Problems.Of(ReasonCodes.EvidenceContradicted, "the audit tree contradicts an earlier checkpoint; nothing is signed until that is explained");

    private static IResult Bundle(EvidenceBundle bundle) => Results.Bytes(BundleText.Write(bundle), "application/json");
}
