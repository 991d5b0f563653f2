using CredentialBroker.WebConsole.Frame;

namespace CredentialBroker.WebConsole.Assets;

internal static class AssetEndpoints
{
    public const string Folder = "/console/assets";

    // The version in the address is only for browsers' caches: modules import one another under it, too.
    public static void MapAssets(this IEndpointRouteBuilder routes) => routes.MapGet(Folder + "/{version}/{file}", (string version, string file, HttpContext http, AssetFiles files) =>
    {
        SafeHeaders.Set(http.Response);
        if (files.Find(file) is not { } asset) return Results.NotFound();
        http.Response.Headers.CacheControl = version == Version ? "public, max-age=31536000, immutable" : "no-store";
        return Results.Bytes(asset.Bytes, asset.Type);
    }).ExcludeFromDescription();

    /// <summary>One for all files: they belong together.</summary>
    public static string Version { get; } = typeof(AssetEndpoints).Module.ModuleVersionId.ToString("n")[..12];

    public static string AddressOf(string file) => $"{Folder}/{Version}/{file}";
}
