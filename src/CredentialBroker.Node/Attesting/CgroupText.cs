using CredentialBroker.Node.Approving;

namespace CredentialBroker.Node.Attesting;

/// <summary>What <c>/proc/PID/cgroup</c> says, in either version of control groups.</summary>
internal static class CgroupText
{
    /// <exception cref="RefusedException">It names no container, or more than one.</exception>
    public static string ContainerIn(string text)
    {
        var ids = text.Split('\n').SelectMany(line => line.Split(':', 3) is [_, _, var path] ? path.Split('/').Select(IdIn).OfType<string>() : []).Distinct(StringComparer.Ordinal).ToList();
        return ids switch
        {
            [var id] => id,
            [] => throw new RefusedException(Refusals.Unbound, "who asks is in no container"),
            _ => throw new RefusedException(Refusals.Unbound, "who asks is in a container within a container"),
        };
    }

    /// <summary><c>ID</c>, or <c>docker-ID.scope</c> where systemd keeps the groups.</summary>
    private static string? IdIn(string segment)
    {
        if (segment.EndsWith(".scope", StringComparison.Ordinal) && segment.LastIndexOf('-') is var at and >= 0) segment = segment[(at + 1)..^".scope".Length];
        return Containers.IsId(segment) ? segment : null;
    }
}
