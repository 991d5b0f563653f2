using System.Text.Json;
using CredentialBroker.Hosting;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Evidence;

namespace CredentialBroker.Audit;

/// <summary>Reading the evidence: whole chains for verification, or the newest records for people.</summary>
internal static class AuditEndpoints
{
    public static void MapAudit(this IEndpointRouteBuilder routes) => routes.MapGet("/v1/audit", ReadAsync);

    private static async Task ReadAsync(HttpContext http, AuditStore audit, string? stream, string? type, string? lease, long? since, int? tail)
    {
        var query = new AuditQuery(stream, type, lease, since);
        http.Response.ContentType = "application/x-ndjson";
        if (tail is { } count)
        {
            foreach (var line in await audit.NewestAsync(query, Math.Clamp(count, 1, 10_000), http.RequestAborted)) await WriteAsync(http, line);
            return;
        }

        await foreach (var line in audit.ReadAsync(query, http.RequestAborted)) await WriteAsync(http, line);
    }

    private static async Task WriteAsync(HttpContext http, AuditLine line)
    {
        await JsonSerializer.SerializeAsync(http.Response.Body, line, ProtocolJson.Default.AuditLine, http.RequestAborted);
        await http.Response.Body.WriteAsync("\n"u8.ToArray(), http.RequestAborted);
    }
}
