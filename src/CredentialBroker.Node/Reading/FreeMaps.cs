namespace CredentialBroker.Node.Reading;

/// <summary>Members whose own members are keys of a map, compared exactly and of any script; all others are fields of a struct.</summary>
internal static class FreeMaps
{
    private static readonly HashSet<string> Anywhere = new(StringComparer.Ordinal)
    {
        "labels", "volumes", "annotations", "sysctls", "storageopt", "tmpfs", "endpointsconfig", "portbindings", "exposedports", "driveropts",
    };

    /// <param name="within">Folded name of the member around it.</param>
    /// <param name="name">Its own folded name.</param>
    public static bool Is(string within, string name) =>
        Anywhere.Contains(name) || (within, name) is ("logconfig", "config") or ("driverconfig", "options") or ("devicerequests", "options");
}
