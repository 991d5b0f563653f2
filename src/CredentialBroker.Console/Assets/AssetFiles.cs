namespace CredentialBroker.WebConsole.Assets;

/// <summary>One file that pages refer to.</summary>
internal sealed record Asset(byte[] Bytes, string Type);

/// <summary>Styles and scripts, out of this assembly. Their address names the build, so that browsers may keep them.</summary>
internal sealed class AssetFiles
{
    private const string Folder = "Assets/";

    private readonly Dictionary<string, Asset> _byName = typeof(AssetFiles).Assembly.GetManifestResourceNames()
        .Where(name => name.StartsWith(Folder, StringComparison.Ordinal)).ToDictionary(name => name[Folder.Length..], Read, StringComparer.Ordinal);

    public Asset? Find(string name) => _byName.GetValueOrDefault(name);

    private static Asset Read(string resource)
    {
        using var stream = typeof(AssetFiles).Assembly.GetManifestResourceStream(resource)!;
        using var copy = new MemoryStream();
        stream.CopyTo(copy);
        return new Asset(copy.ToArray(), TypeOf(resource));
    }

    private static string TypeOf(string name) => Path.GetExtension(name) switch
    {
        ".css" => "text/css; charset=utf-8",
        ".js" => "text/javascript; charset=utf-8",
        ".svg" => "image/svg+xml",
        var other => throw new InvalidOperationException($"no type for {other}"),
    };
}
