namespace CredentialBroker.Issuer;

/// <summary>What verifiers fetch: discovery and keys of the workload issuer.</summary>
internal static class IssuerEndpoints
{
    public static void MapIssuer(this IEndpointRouteBuilder routes)
    {
        routes.MapGet(IssuerDocuments.WorkloadPath + IssuerDocuments.DiscoveryPath, (HttpContext http, KeyRing ring) => WriteAsync(http, ring.Discovery));
        routes.MapGet(IssuerDocuments.WorkloadPath + IssuerDocuments.JwksPath, (HttpContext http, KeyRing ring) => WriteAsync(http, ring.Jwks));
    }

    private static Task WriteAsync(HttpContext http, ReadOnlyMemory<byte> json)
    {
        http.Response.ContentType = "application/json";
        http.Response.Headers.CacheControl = "public, max-age=300";
        return http.Response.Body.WriteAsync(json, http.RequestAborted).AsTask();
    }
}

internal static class IssuerServices
{
    /// <param name="developmentFolder">Where a missing key-encryption key is made; null outside development.</param>
    public static IServiceCollection AddIssuer(this IServiceCollection services, KeyOptions keys, string publicUrl, string? developmentFolder) => services
        .AddSingleton(new KeyRing(IssuerDocuments.IssuerUrl(new Uri(publicUrl), IssuerDocuments.WorkloadPath)))
        .AddSingleton(new PublicAddress(publicUrl))
        .AddSingleton<CertificateAuthority>()
        .AddSingleton<AuthorityCertificate>()
        .AddSingleton<StatusBlocks>()
        .AddSingleton(provider => new StatusIndexes(provider.GetRequiredService<StatusBlocks>().TakeAsync))
        .AddSingleton<Fingerprints>()
        .AddSingleton(new KeyEncryption(keys, developmentFolder))
        .AddSingleton<IssuerKeys>();
}
