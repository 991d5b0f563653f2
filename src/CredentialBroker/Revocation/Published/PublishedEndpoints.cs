using System.Globalization;
using System.Security.Cryptography;
using CredentialBroker.Issuer;

namespace CredentialBroker.Revocation;

/// <summary>What verifiers fetch to see which credentials ended early, and whom to trust for the certificates.</summary>
internal static class PublishedEndpoints
{
    public static void MapPublishedLists(this IEndpointRouteBuilder routes)
    {
        routes.MapGet(CertificateAuthorities.BundlePath, (CertificateAuthorities authorities) => Results.Text(authorities.Bundle + "\n", "application/x-pem-file"));
        routes.MapGet(CertificateAuthorities.ListPath, (HttpContext http, CertificateAuthorities authorities, RevocationLists lists) => ListAsync(http, lists, authorities.Signing));
        routes.MapGet(CertificateAuthorities.ListPath + "/{authority}", (string authority, HttpContext http, CertificateAuthorities authorities, RevocationLists lists) => ListAsync(http, lists, authorities.Find(authority)));
        routes.MapGet(CertificateAuthorities.ListsPath, AllListsAsync);
        routes.MapGet(IssuerDocuments.PathOf(KeyPurpose.Workload) + IssuerDocuments.StatusPath + "{shard}", StatusAsync);
    }

    private static async Task<IResult> ListAsync(HttpContext http, RevocationLists lists, CertificateAuthority? authority)
    {
        if (authority is null) return Results.NotFound();
        var list = await lists.ReadAsync(authority, http.RequestAborted);
        // Caches on the way must not hide an end from those who ask often.
        http.Response.Headers.CacheControl = "no-cache";
        http.Response.Headers.LastModified = list.ThisUpdate.ToString("R", CultureInfo.InvariantCulture);
        return Results.Bytes(list.Der, "application/pkix-crl");
    }

    /// <summary>For verifiers that read one file of lists, beside the one file of authorities.</summary>
    private static async Task<IResult> AllListsAsync(HttpContext http, CertificateAuthorities authorities, RevocationLists lists)
    {
        var all = new List<string>();
        foreach (var authority in authorities.All)
        {
            var list = await lists.ReadAsync(authority, http.RequestAborted);
            all.Add(PemEncoding.WriteString("X509 CRL", list.Der));
        }

        http.Response.Headers.CacheControl = "no-cache";
        return Results.Text(string.Join('\n', all) + "\n", "application/x-pem-file");
    }

    private static async Task<IResult> StatusAsync(string shard, HttpContext http, StatusLists statuses)
    {
        if (!long.TryParse(shard, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || await statuses.ReadAsync(number, http.RequestAborted) is not { } list) return Results.NotFound();
        http.Response.Headers.CacheControl = string.Create(CultureInfo.InvariantCulture, $"public, max-age={StatusLists.TtlSeconds}");
        return Results.Text(list, "application/" + StatusLists.Type);
    }
}
