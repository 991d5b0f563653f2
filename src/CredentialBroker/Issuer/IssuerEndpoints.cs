namespace CredentialBroker.Issuer;

/// <summary>What verifiers fetch: discovery of the two token issuers, and the public keys of every purpose.</summary>
internal static class IssuerEndpoints
{
    private static readonly string CacheControl = $"public, max-age={(int)KeyPurpose.JwksMaxAge.TotalSeconds}";

    public static void MapIssuers(this IEndpointRouteBuilder routes)
    {
        foreach (var purpose in KeyPurpose.All)
        {
            if (purpose.IssuesTokens) routes.MapGet(IssuerDocuments.PathOf(purpose) + IssuerDocuments.DiscoveryPath, (HttpContext http, KeyRings rings) => WriteAsync(http, rings[purpose].Discovery));
            routes.MapGet(IssuerDocuments.PathOf(purpose) + IssuerDocuments.JwksPath, (HttpContext http, KeyRings rings) => WriteAsync(http, rings[purpose].Jwks));
        }
    }

    private static Task WriteAsync(HttpContext http, ReadOnlyMemory<byte> json)
    {
        http.Response.ContentType = "application/json";
        http.Response.Headers.CacheControl = CacheControl;
        return http.Response.Body.WriteAsync(json, http.RequestAborted).AsTask();
    }
}
