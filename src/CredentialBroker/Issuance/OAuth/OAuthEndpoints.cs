using CredentialBroker.Issuer;

namespace CredentialBroker.Issuance.OAuth;

/// <summary>The standard front door (RFC 8693, 7009), and the page on which clients find it (RFC 8414).</summary>
internal static class OAuthEndpoints
{
    private const string Metadata = "/.well-known/oauth-authorization-server";

    public static void MapOAuth(this IEndpointRouteBuilder routes)
    {
        routes.MapPost(ServerMetadata.TokenPath, (HttpContext http, TokenExchange exchange) => OAuthErrors.GuardAsync(() => exchange.RunAsync(http)));
        routes.MapPost(ServerMetadata.RevocationPath, (HttpContext http, TokenRevocation revocation) => OAuthErrors.GuardAsync(() => revocation.RunAsync(http)));
        // RFC 8414 section 3.1 puts the issuer's path behind; clients that were only given the host look without.
        routes.MapGet(Metadata + IssuerDocuments.PathOf(KeyPurpose.Workload), Describe);
        routes.MapGet(Metadata, Describe);
    }

    private static IResult Describe(HttpContext http, PublicAddress address, KeyRings rings)
    {
        http.Response.Headers.CacheControl = "public, max-age=300";
        return Results.Bytes(ServerMetadata.Of(address, rings.Workload), "application/json");
    }
}
