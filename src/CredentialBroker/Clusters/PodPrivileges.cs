using System.Globalization;
using System.Text.Json;
using CredentialBroker.Backends.Wires;

namespace CredentialBroker.Clusters;

/// <summary>
/// What of the host a pod's final spec reaches, told one by one: as the operator of the host would name it. Nothing that a
/// requester writes takes one away.
/// </summary>
internal static class PodPrivileges
{
    /// <summary>Capabilities that the baseline Pod Security Standard lets a container add.</summary>
    private static readonly HashSet<string> Ordinary = new(StringComparer.Ordinal)
    {
        "AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD", "NET_BIND_SERVICE", "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT",
    };

    private static readonly HashSet<string> SafeSysctls = new(StringComparer.Ordinal)
    {
        "kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.ip_unprivileged_port_start", "net.ipv4.tcp_syncookies", "net.ipv4.ping_group_range",
        "net.ipv4.ip_local_reserved_ports", "net.ipv4.tcp_keepalive_time", "net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_keepalive_intvl", "net.ipv4.tcp_keepalive_probes",
    };

    /// <summary>Each exact host resource, in order and once.</summary>
    public static IReadOnlyList<string> HostResources(JsonElement spec) =>
        [.. OfPod(spec).Concat(Volumes(spec)).Concat(PodContainers.Of(spec).SelectMany(OfContainer)).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    /// <summary>What makes a credential that is stolen from the pod reach further (R69).</summary>
    public static IReadOnlyList<string> Weaknesses(JsonElement spec)
    {
        var found = new List<string>();
        // Where the pod does not say, its service account does, and that one says yes unless told otherwise.
        if (!spec.TryGetProperty("automountServiceAccountToken", out var mounts) || mounts.ValueKind != JsonValueKind.False) found.Add("automounted-token");
        // From the host's network the host's metadata service is reached as the host reaches it.
        if (spec.Truth("hostNetwork")) found.Add("metadata-reachable");
        return found;
    }

    private static IEnumerable<string> OfPod(JsonElement spec)
    {
        foreach (var (member, name) in new[] { ("hostPID", "host-pid"), ("hostIPC", "host-ipc"), ("hostNetwork", "host-network") })
        {
            if (spec.Truth(member)) yield return $"namespace:{name}";
        }

        foreach (var one in OfContext(spec.Object("securityContext"))) yield return one;
        foreach (var sysctl in spec.Object("securityContext")?.Items("sysctls") ?? [])
        {
            if (sysctl.Text("name") is { } name && !SafeSysctls.Contains(name)) yield return $"sysctl:{name}";
        }
    }

    private static IEnumerable<string> OfContainer(PodContainer container)
    {
        var context = container.Whole.Object("securityContext");
        foreach (var one in OfContext(context)) yield return one;
        if (context?.Truth("privileged") == true) yield return "privileged";
        foreach (var capability in context?.Object("capabilities")?.Texts("add") ?? [])
        {
            // Both spellings are taken by container runtimes.
            var name = capability.ToUpperInvariant();
            if (name.StartsWith("CAP_", StringComparison.Ordinal)) name = name[4..];
            if (!Ordinary.Contains(name)) yield return $"capability:{name}";
        }

        if (context?.Text("procMount") is { } proc and not "Default") yield return $"procmount:{proc.ToLowerInvariant()}";
        foreach (var port in container.Whole.Items("ports"))
        {
            if (port.Seconds("hostPort") is > 0 and var number) yield return string.Create(CultureInfo.InvariantCulture, $"hostport:{number}");
        }
    }

    private static IEnumerable<string> OfContext(JsonElement? context)
    {
        if (context is not { } of) yield break;
        if (of.Object("seccompProfile")?.Text("type") == "Unconfined") yield return "seccomp:unconfined";
        if (of.Object("appArmorProfile")?.Text("type") == "Unconfined") yield return "apparmor:unconfined";
        if (of.Object("windowsOptions")?.Truth("hostProcess") == true) yield return "windows:host-process";
        if (of.Object("seLinuxOptions") is { } linux)
        {
            if (linux.Text("type") is { } type && type is not ("container_t" or "container_init_t" or "container_kvm_t" or "container_engine_t")) yield return $"selinux:type:{type}";
            if (linux.Text("user") is { } user) yield return $"selinux:user:{user}";
            if (linux.Text("role") is { } role) yield return $"selinux:role:{role}";
        }
    }

    private static IEnumerable<string> Volumes(JsonElement spec)
    {
        foreach (var volume in spec.Items("volumes"))
        {
            var name = volume.Text("name") ?? "";
            if (volume.Object("hostPath")?.Text("path") is { } path)
            {
                var mounts = PodContainers.Of(spec).SelectMany(c => c.Whole.Items("volumeMounts")).Where(m => m.Text("name") == name).ToList();
                if (mounts.Count == 0) yield return $"bind:{path}::rw";
                foreach (var mount in mounts) yield return $"bind:{path}:{mount.Text("mountPath")}:{(mount.Truth("readOnly") ? "ro" : "rw")}";
            }

            // A token of a service account that lives until somebody deletes it, under the name that old clusters gave it.
            if (volume.Object("secret")?.Text("secretName") is { } secret && IsLegacyToken(secret)) yield return $"legacy-token:{secret}";
        }
    }

    private static bool IsLegacyToken(string secret) =>
        secret.LastIndexOf("-token-", StringComparison.Ordinal) is > 0 and var at && secret[(at + 7)..] is { Length: 5 } end && end.All(char.IsAsciiLetterOrDigit);
}
