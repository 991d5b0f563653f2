using CredentialBroker.Hosting;
using CredentialBroker.Leases;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Uses;
using CredentialBroker.Storage;

namespace CredentialBroker.Uses;

/// <summary>Where targets' logs are handed in, and what they tell of a lease is read.</summary>
internal static class UseEndpoints
{
    private const int BodyLimit = 8 * 1024 * 1024;
    private const int MostShown = 1000;

    private static readonly Dictionary<string, Func<ReadOnlyMemory<byte>, string, LogPiece>> Logs = new(StringComparer.Ordinal)
    {
        ["cloudtrail"] = CloudTrailLog.Read, ["vault"] = VaultLog.Read, ["postgres"] = PostgresLog.Read,
    };

    public static void MapUses(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/v1/uses/{log}", TakeAsync);
        routes.MapGet("/v1/leases/{id}/uses", async (string id, HttpContext http, LeaseStore leases, UseStore uses) =>
            Ids.IsWellFormed(id) && await leases.FindAsync(Pool.Control, id, http.RequestAborted) is { } lease && http.Operator().Scope.Covers(LeaseDimensions.Of(lease))
                ? Results.Json(new UseList(await uses.OfLeaseAsync(id, MostShown, http.RequestAborted)), ProtocolJson.Default.UseList)
                : Problems.Of(ReasonCodes.LeaseUnknown, "no such lease"));
    }

    private static async Task<IResult> TakeAsync(string log, HttpContext http, UseIntake intake, BrokerIdentity identity)
    {
        if (!Logs.TryGetValue(log, out var read)) return Problems.Of(ReasonCodes.NotFound, $"logs that are read are {string.Join(", ", Logs.Keys)}");
        Bodies.Require(http.Request, "application/json", "application/x-ndjson");
        Bodies.Allow(http, BodyLimit);
        var body = await Bodies.ReadAsync(http.Request, BodyLimit, http.RequestAborted);
        try
        {
            var piece = read(body, identity.Id);
            return Results.Json(await intake.TakeAsync(log, piece, http.Operator().Name, http.RequestAborted), ProtocolJson.Default.UseReceipt, statusCode: 202);
        }
        catch (LogFormatException fault)
        {
            return Problems.Of(ReasonCodes.RequestMalformed, $"{fault.Message}; nothing was taken");
        }
    }
}
