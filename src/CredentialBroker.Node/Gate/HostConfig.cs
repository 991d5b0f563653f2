using System.Globalization;
using CredentialBroker.Node.Reading;

namespace CredentialBroker.Node.Gate;

/// <summary>
/// The part of a creation that is about the host. Every member is named here: those of no consequence are skipped by name,
/// the rest becomes a line each, and what is not named is refused.
/// </summary>
internal static class HostConfig
{
    private const string Harmless =
        "ContainerIDFile PortBindings RestartPolicy AutoRemove ConsoleSize CapDrop Dns DnsOptions DnsSearch ExtraHosts Links ReadonlyRootfs StorageOpt Tmpfs ShmSize CpuShares Memory NanoCpus BlkioWeight CpuPeriod CpuQuota CpusetCpus CpusetMems "
        + "KernelMemory KernelMemoryTCP MemoryReservation MemorySwap MemorySwappiness PidsLimit Ulimits CpuCount CpuPercent IOMaximumIOps IOMaximumBandwidth Init";

    private static readonly string[] UsualLogs = ["", "json-file", "local", "none"];

    /// <param name="isStrict">Of a request, where an unknown member is one that may do anything; not of what the engine tells, where it may be news.</param>
    public static void Read(Struct host, Asked asked, bool isStrict = true)
    {
        host.Skip(Harmless);
        if (host.Truth("Privileged")) asked.Add("privileged");
        Mounts.Read(host, asked);
        Devices(host, asked);
        Kernel(host, asked);
        Namespaces(host, asked);
        if (host.Truth("PublishAllPorts")) asked.Add("publish-all-ports");
        if (host.Inner("LogConfig") is { } log)
        {
            if (!UsualLogs.Contains(log.Text("Type"), StringComparer.Ordinal)) asked.Add($"log-driver:{log.Text("Type")}");
            log.Skip("Config").NoOthers();
        }

        if (isStrict) host.NoOthers();
    }

    private static void Devices(Struct host, Asked asked)
    {
        foreach (var device in host.Structs("Devices"))
        {
            asked.Add($"device:{device.Text("PathOnHost")}:{device.Text("PathInContainer")}:{device.Text("CgroupPermissions")}");
            device.NoOthers();
        }

        foreach (var rule in host.Texts("DeviceCgroupRules")) asked.Add($"device-rule:{rule}");
        foreach (var request in host.Structs("DeviceRequests"))
        {
            var capabilities = request.List("Capabilities").OfType<Value.List>().SelectMany(any => any.Items.OfType<Value.Text>()).Select(one => one.Is);
            asked.Add($"device-request:{request.Text("Driver")}:{request.Number("Count") ?? "0"}:{string.Join(',', request.Texts("DeviceIDs"))}:{string.Join(',', capabilities)}");
            request.Skip("Options").NoOthers();
        }

        foreach (var name in (string[])["BlkioWeightDevice", "BlkioDeviceReadBps", "BlkioDeviceWriteBps", "BlkioDeviceReadIOps", "BlkioDeviceWriteIOps"])
        {
            foreach (var limit in host.Structs(name)) asked.Add($"device-limit:{limit.Text("Path")}");
        }
    }

    private static void Kernel(Struct host, Asked asked)
    {
        foreach (var capability in host.Texts("CapAdd").Concat(host.Texts("Capabilities"))) asked.Add($"capability:{Capability(capability)}");
        foreach (var option in host.Texts("SecurityOpt").Where(option => option is not ("no-new-privileges" or "no-new-privileges:true" or "no-new-privileges=true"))) asked.Add($"security:{option}");
        if (host.Any("MaskedPaths") is { } masked) asked.Add($"masked-paths:{Listed(masked)}");
        if (host.Any("ReadonlyPaths") is { } locked) asked.Add($"readonly-paths:{Listed(locked)}");
        foreach (var (key, value) in host.Pairs("Sysctls")) asked.Add($"sysctl:{key}={value}");
        foreach (var (key, value) in host.Pairs("Annotations")) asked.Add($"annotation:{key}={value}");
        foreach (var group in host.Texts("GroupAdd")) asked.Add($"group:{group}");
        if (host.Text("CgroupParent") is { Length: > 0 } parent) asked.Add($"cgroup-parent:{parent}");
        if (host.Text("Cgroup") is { Length: > 0 } cgroup) asked.Add($"cgroup:{cgroup}");
        if (host.Text("Runtime") is { Length: > 0 } and not "runc" and var runtime) asked.Add($"runtime:{runtime}");
        if (host.Text("Isolation") is { Length: > 0 } and not "default" and var isolation) asked.Add($"isolation:{isolation}");
        if (host.Number("OomScoreAdj") is { } score) asked.Add(string.Create(CultureInfo.InvariantCulture, $"oom-score:{score}"));
        if (host.Truth("OomKillDisable")) asked.Add("oom-kill-disable");
        if (host.Number("CpuRealtimePeriod") is { } period) asked.Add($"cpu-realtime-period:{period}");
        if (host.Number("CpuRealtimeRuntime") is { } realtime) asked.Add($"cpu-realtime:{realtime}");
    }

    private static void Namespaces(Struct host, Asked asked)
    {
        One("PidMode", "pid", [""]);
        One("IpcMode", "ipc", ["", "none", "private", "shareable"]);
        One("UTSMode", "uts", [""]);
        One("UsernsMode", "user", [""]);
        One("CgroupnsMode", "cgroup", ["", "private"]);
        // Names of networks are their makers' to choose; those of the host and of other containers are words of the engine.
        if (host.Text("NetworkMode") is var network && (network == "host" || network.Contains(':', StringComparison.Ordinal))) asked.Add(Line("network", network));

        void One(string member, string name, string[] own)
        {
            if (host.Text(member) is var mode && !own.Contains(mode, StringComparer.Ordinal)) asked.Add(Line(name, mode));
        }

        static string Line(string name, string mode) => mode.StartsWith("container:", StringComparison.Ordinal) ? $"namespace:container-{name}:{mode["container:".Length..]}" : $"namespace:{mode}-{name}";
    }

    private static string Capability(string name)
    {
        var upper = name.ToUpperInvariant();
        return upper.StartsWith("CAP_", StringComparison.Ordinal) ? upper[4..] : upper;
    }

    private static string Listed(Value value) => value is Value.List { Items.Count: var count } ? (count == 0 ? "none" : $"{count}") : throw new UnreadableException(Refusals.Type, "a list of paths is none");
}
