using CredentialBroker.Node.Reading;

namespace CredentialBroker.Node.Gate;

/// <summary>Changes to what there is: limits of a container, and volumes of the usual driver without options.</summary>
internal static class Changes
{
    private const string Limits =
        "BlkioWeight CpuShares CpuPeriod CpuQuota CpusetCpus CpusetMems Memory MemorySwap MemoryReservation MemorySwappiness KernelMemory NanoCpus PidsLimit RestartPolicy";

    public static void ReadUpdate(Value.Members body)
    {
        var update = new Struct(body, "body").Skip(Limits);
        if (update.Text("CgroupParent").Length > 0 || update.Truth("OomKillDisable") || update.Number("CpuRealtimePeriod") is not null || update.Number("CpuRealtimeRuntime") is not null) throw Never();
        foreach (var list in (string[])["Devices", "DeviceCgroupRules", "DeviceRequests", "BlkioWeightDevice", "BlkioDeviceReadBps", "BlkioDeviceWriteBps", "BlkioDeviceReadIOps", "BlkioDeviceWriteIOps", "Ulimits"])
        {
            if (update.List(list).Count > 0) throw Never();
        }

        update.Skip("CpuCount CpuPercent IOMaximumIOps IOMaximumBandwidth KernelMemoryTCP Init").NoOthers();
    }

    public static void ReadVolume(Value.Members body)
    {
        var volume = new Struct(body, "body").Skip("Name Labels");
        // The usual driver mounts whatever device its options name.
        if (volume.Text("Driver") is not ("" or "local") || volume.Any("DriverOpts") is Value.Members { Of.Count: > 0 } || volume.Any("ClusterVolumeSpec") is not null) throw Never();
        volume.Any("DriverOpts");
        volume.NoOthers();
    }

    private static RefusedException Never() => new(Refusals.Never, "only limits may be changed, and volumes have the driver local and no options");
}
