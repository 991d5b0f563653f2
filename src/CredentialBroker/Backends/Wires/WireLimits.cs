namespace CredentialBroker.Backends.Wires;

/// <summary>What the limits in a target's configuration must keep.</summary>
internal static class WireLimits
{
    public static IEnumerable<string> Validate(TimeSpan requestTimeout, int maxMinting, int maxEnding, string path)
    {
        if (requestTimeout < TimeSpan.FromSeconds(1) || requestTimeout > TimeSpan.FromSeconds(8)) yield return $"{path}:RequestTimeout: must be from 1 to 8 seconds";
        if (maxMinting is < 1 or > 256) yield return $"{path}:MaxMinting: must be from 1 to 256";
        if (maxEnding is < 1 or > 256) yield return $"{path}:MaxEnding: must be from 1 to 256";
    }

    /// <param name="files">The name of each setting, and the file it names.</param>
    public static IEnumerable<string> Files(string path, params IEnumerable<(string Name, string? File)> files) =>
        files.Where(one => one.File is not null && !File.Exists(one.File)).Select(one => $"{path}:{one.Name}: the file does not exist or cannot be seen");
}
