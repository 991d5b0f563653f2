using CredentialBroker.Node.Reading;

namespace CredentialBroker.Node.Gate;

/// <summary>What of the host's files a container would see.</summary>
internal static class Mounts
{
    public static void Read(Struct host, Asked asked)
    {
        foreach (var bind in host.Texts("Binds")) Bind(bind, asked);
        foreach (var mount in host.Structs("Mounts")) Mount(mount, asked);
        foreach (var other in host.Texts("VolumesFrom")) asked.Add($"volumes-from:{other}");
        if (host.Text("VolumeDriver") is { Length: > 0 } and not "local" and var driver) asked.Add($"volume-driver:{driver}");
    }

    /// <summary><c>source:destination[:mode,…]</c>, or a destination alone, which is an anonymous volume.</summary>
    private static void Bind(string bind, Asked asked)
    {
        var parts = bind.Split(':');
        if (parts.Length > 3) throw new UnreadableException(Refusals.Type, "a bind is not source:destination:mode");
        if (parts.Length == 1) return;
        var modes = parts.Length == 3 ? parts[2].Split(',') : [];
        Add(parts[0], parts[1], modes.Contains("ro", StringComparer.Ordinal), asked);
        foreach (var mode in modes.Where(mode => mode.EndsWith("shared", StringComparison.Ordinal) || mode.EndsWith("slave", StringComparison.Ordinal))) asked.Add($"propagation:{mode}:{parts[1]}");
    }

    private static void Mount(Struct mount, Asked asked)
    {
        var (kind, source, destination, isReadOnly) = (mount.Text("Type"), mount.Text("Source"), mount.Text("Target"), mount.Truth("ReadOnly"));
        switch (kind)
        {
            case "bind":
                AddPath(source, destination, isReadOnly, asked);
                break;
            case "volume":
                if (source.Length > 0) asked.Add(Line("volume", source, destination, isReadOnly));
                break;
            case "tmpfs":
                break;
            default:
                asked.Add($"mount:{kind}:{source}:{destination}");
                break;
        }

        if (mount.Inner("BindOptions") is { } bind && bind.Text("Propagation") is var way && way is not ("" or "rprivate" or "private")) asked.Add($"propagation:{way}:{destination}");
        if (mount.Inner("VolumeOptions") is { } volume && volume.Inner("DriverConfig") is { } driver) Driver(driver, source, destination, isReadOnly, asked);
        mount.Skip("Consistency TmpfsOptions ImageOptions ClusterOptions").NoOthers();
    }

    /// <summary>The usual driver mounts whatever its options name.</summary>
    private static void Driver(Struct driver, string source, string destination, bool isReadOnly, Asked asked)
    {
        if (driver.Text("Name") is { Length: > 0 } and not "local" and var name) asked.Add($"volume-driver:{name}");
        foreach (var (key, value) in driver.Pairs("Options"))
        {
            asked.Add($"volume-option:{source}:{key}={value}");
            if (key == "device" && value.StartsWith('/')) AddPath(value, destination, isReadOnly, asked);
        }

        driver.NoOthers();
    }

    private static void Add(string source, string destination, bool isReadOnly, Asked asked)
    {
        if (source.StartsWith('/')) AddPath(source, destination, isReadOnly, asked);
        else asked.Add(Line("volume", source, destination, isReadOnly));
    }

    private static void AddPath(string source, string destination, bool isReadOnly, Asked asked) => asked.AddPath(source, Line("bind", source, destination, isReadOnly));

    private static string Line(string kind, string source, string destination, bool isReadOnly) => $"{kind}:{source}:{destination}:{(isReadOnly ? "ro" : "rw")}";
}
