using CredentialBroker.Admission;
using CredentialBroker.Clusters;
using CredentialBroker.Hosting;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Clusters;

namespace CredentialBroker.Runtime.Kubernetes;

/// <summary>Where a cluster's audit log is sent, and where operators have a look taken at one.</summary>
internal static class ClusterEndpoints
{
    public static void MapClusters(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/admission/{cluster}/audit", AuditAsync);
        routes.MapGet("/v1/clusters", (ClusterCatalog clusters) => Results.Json(new ClusterList([.. clusters.All.Keys.Order(StringComparer.Ordinal)]), ProtocolJson.Default.ClusterList));
        routes.MapGet("/v1/clusters/{name}/check", async (string name, HttpContext http, ClusterCatalog clusters, ClusterInspection inspection) => clusters.All.ContainsKey(name)
            ? Results.Json(await inspection.RunAsync(name, http.RequestAborted), ProtocolJson.Default.ClusterReport)
            : Problems.Of(ReasonCodes.NotFound, "no cluster of this name is configured"));
    }

    private static async Task<IResult> AuditAsync(string cluster, HttpContext http, AdmissionGates gates, AdmissionDoor door, ClusterAudit audit)
    {
        var (gate, body, refused) = await AdmissionEndpoints.TakeAsync(cluster, http, gates, door);
        if (gate is null) return refused!;
        return await audit.TakeAsync(cluster, body, http.RequestAborted) is { } fault ? Problems.Of(ReasonCodes.RequestMalformed, fault) : Results.Ok();
    }
}
