namespace CredentialBroker.Node.Gate;

/// <summary>Which paths of the host no container ever sees, whoever asks.</summary>
/// <param name="more">Further paths of this host: the node's own, and what its operator names.</param>
/// <param name="door">The folder of the socket at which containers ask for evidence; it may be seen, and is no resource.</param>
internal sealed class HostPaths(IReadOnlyList<string> more, string? door)
{
    private static readonly string[] Never =
    [
        "/proc", "/sys", "/dev", "/etc", "/root", "/home", "/var/run", "/run", "/boot", "/var/lib/docker", "/var/lib/containerd", "/var/lib/kubelet", "/var/lib/credbroker",
    ];

    private static readonly string[] Sockets = ["docker.sock", "containerd.sock", "crio.sock", "podman.sock", "buildkitd.sock"];

    /// <summary>Whether a line is the folder of evidence, which is the gate's own and changes nothing.</summary>
    public bool IsDoor(string resource) => door is not null && resource.StartsWith($"bind:{door}:", StringComparison.Ordinal) && resource.EndsWith(":ro", StringComparison.Ordinal);

    /// <exception cref="RefusedException">The path is never exposed, or it is not clear what it is.</exception>
    public void Check(string path)
    {
        if (path == door) return;
        if (path[0] != '/' || path.Length > 4096 || path.Any(char.IsControl)) throw Unclear("is no whole path");
        // A trailing slash is Go's to drop; anything else could be read in two ways.
        var plain = path.Length > 1 ? path.TrimEnd('/') : path;
        if (plain.Length == 0) plain = "/";
        if (plain != "/" && plain[1..].Split('/').Any(segment => segment is "" or "." or "..")) throw Unclear("has an empty or dot segment");
        if (Sockets.Any(socket => plain.EndsWith($"/{socket}", StringComparison.Ordinal)) || Never.Concat(more).Any(one => Touches(plain, one))) throw new RefusedException(Refusals.NeverExposed, "a path of the host that was asked for is never exposed");
        CheckLinks(plain);
    }

    private static bool Touches(string path, string never) => path == "/" || path == never || path.StartsWith($"{never}/", StringComparison.Ordinal) || never.StartsWith($"{path}/", StringComparison.Ordinal);

    /// <summary>Where a link leads can change after it was looked at; so none is followed.</summary>
    private static void CheckLinks(string path)
    {
        for (var at = path.IndexOf('/', 1); ; at = path.IndexOf('/', at + 1))
        {
            var part = at < 0 ? path : path[..at];
            if (new FileInfo(part).LinkTarget is not null) throw Unclear("leads over a symbolic link");
            if (at < 0) return;
        }
    }

    private static RefusedException Unclear(string what) => new(Refusals.Link, $"a path of the host that was asked for {what}");
}
