using System.Globalization;
using CredentialBroker.Issuer;

namespace CredentialBroker.Revocation;

/// <summary>What verifiers fetch to see which credentials ended early, and whom to trust for the certificates.</summary>
internal static class PublishedEndpoints
{
    public static void MapPublishedLists(this IEndpointRouteBuilder routes)
    {
        routes.MapGet(CertificateAuthority.CertificatePath, (CertificateAuthority authority) => Results.Text(authority.Pem + "\n", "application/x-pem-file"));
        routes.MapGet(CertificateAuthority.ListPath, ListAsync);
        routes.MapGet(IssuerDocuments.PathOf(KeyPurpose.Workload) + IssuerDocuments.StatusPath + "{shard}", StatusAsync);
    }

    private static async Task<IResult> ListAsync(HttpContext http, RevocationList revocation)
    {
        var list = await revocation.ReadAsync(http.RequestAborted);
        // Caches on the way must not hide an end from those who ask often.
        http.Response.Headers.CacheControl = "no-cache";
        http.Response.Headers.LastModified = list.ThisUpdate.ToString("R", CultureInfo.InvariantCulture);
        return Results.Bytes(list.Der, "application/pkix-crl");
    }

    private static async Task<IResult> StatusAsync(string shard, HttpContext http, StatusLists statuses)
    {
        if (!long.TryParse(shard, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || await statuses.ReadAsync(number, http.RequestAborted) is not { } list) return Results.NotFound();
        http.Response.Headers.CacheControl = string.Create(CultureInfo.InvariantCulture, $"public, max-age={StatusLists.TtlSeconds}");
        return Results.Text(list, "application/" + StatusLists.Type);
    }
}
