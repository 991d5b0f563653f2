namespace CredentialBroker.Node.Gate;

/// <summary>What a caller's class may be allowed.</summary>
internal enum Act
{
    /// <summary>Read what there is; no content of containers.</summary>
    Look,
    /// <summary>Read what containers write.</summary>
    Logs,
    /// <summary>Create, start, stop and remove containers.</summary>
    Run,
    /// <summary>Run further commands in containers.</summary>
    Exec,
    /// <summary>Connect to the streams of containers.</summary>
    Attach,
    /// <summary>Fetch images from registries, and remove them.</summary>
    Pull,
    /// <summary>Make and remove networks, and connect containers.</summary>
    Networks,
    /// <summary>Make and remove volumes without options.</summary>
    Volumes,
}

/// <summary>How a route's body is judged.</summary>
internal enum Content { None, Create, Start, Exec, Empty, Volume, Network, Connect, Update, Wait }

/// <param name="Verb">Method, such as <c>POST</c>.</param>
/// <param name="Path">Segments; <c>*</c> is one of any, <c>**</c> one or more.</param>
/// <param name="Parameters">Names that its query may have.</param>
internal sealed record Route(string Verb, string Path, Act Act, Content Content, string Parameters = "")
{
    private readonly string[] _segments = Path.Split('/');
    private readonly string[] _parameters = Parameters.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    public bool Fits(string verb, Target target) => Verb == verb && Matches(target.Segments);

    public string? Foreign(Target target) => target.Query.Keys.FirstOrDefault(name => !_parameters.Contains(name, StringComparer.Ordinal));

    private bool Matches(IReadOnlyList<string> path)
    {
        var many = Array.IndexOf(_segments, "**");
        if (many < 0) return path.Count == _segments.Length && path.Zip(_segments).All(pair => pair.Second == "*" || pair.First == pair.Second);
        var after = _segments.Length - many - 1;
        return path.Count >= _segments.Length && _segments[..many].Zip(path).All(pair => pair.First == pair.Second)
            && _segments[(many + 1)..].Zip(path.Skip(path.Count - after)).All(pair => pair.First == pair.Second);
    }
}

/// <summary>Everything that the gate lets through; what is not here, nobody may do. Builds, commits, archives, swarms, services and plugins are not: their content is not seen. A restart is not either, since it is an end and a start in one: each run has an approval of its own.</summary>
internal static class Routes
{
    public static IReadOnlyList<Route> All { get; } =
    [
        new("GET", "_ping", Act.Look, Content.None),
        new("HEAD", "_ping", Act.Look, Content.None),
        new("GET", "version", Act.Look, Content.None),
        new("GET", "info", Act.Look, Content.None),
        new("GET", "events", Act.Look, Content.None, "since until filters"),
        new("GET", "system/df", Act.Look, Content.None, "type verbose"),
        new("GET", "containers/json", Act.Look, Content.None, "all limit size filters before since trunc_cmd"),
        new("GET", "containers/*/json", Act.Look, Content.None, "size"),
        new("GET", "containers/*/top", Act.Look, Content.None, "ps_args"),
        new("GET", "containers/*/stats", Act.Look, Content.None, "stream one-shot"),
        new("GET", "containers/*/changes", Act.Look, Content.None),
        new("GET", "images/json", Act.Look, Content.None, "all filters digests shared-size manifests"),
        new("GET", "images/**/json", Act.Look, Content.None, "platform manifests"),
        new("GET", "images/**/history", Act.Look, Content.None, "platform"),
        new("GET", "networks", Act.Look, Content.None, "filters"),
        new("GET", "networks/*", Act.Look, Content.None, "scope verbose"),
        new("GET", "volumes", Act.Look, Content.None, "filters"),
        new("GET", "volumes/*", Act.Look, Content.None),
        new("GET", "exec/*/json", Act.Look, Content.None),
        new("POST", "containers/*/wait", Act.Look, Content.Wait, "condition"),
        new("GET", "containers/*/logs", Act.Logs, Content.None, "stdout stderr follow since until timestamps tail details"),
        new("POST", "containers/create", Act.Run, Content.Create, "name platform"),
        new("POST", "containers/*/start", Act.Run, Content.Start, "detachKeys"),
        new("POST", "containers/*/unpause", Act.Run, Content.Empty),
        new("POST", "containers/*/pause", Act.Run, Content.Empty),
        new("POST", "containers/*/stop", Act.Run, Content.Empty, "t signal"),
        new("POST", "containers/*/kill", Act.Run, Content.Empty, "signal"),
        new("POST", "containers/*/resize", Act.Run, Content.Empty, "h w"),
        new("POST", "containers/*/update", Act.Run, Content.Update),
        new("DELETE", "containers/*", Act.Run, Content.Empty, "v force link"),
        new("POST", "containers/*/attach", Act.Attach, Content.Empty, "detachKeys logs stream stdin stdout stderr"),
        new("POST", "containers/*/exec", Act.Exec, Content.Exec),
        new("POST", "exec/*/start", Act.Exec, Content.Exec),
        new("POST", "exec/*/resize", Act.Exec, Content.Empty, "h w"),
        new("POST", "images/create", Act.Pull, Content.Empty, "fromImage tag platform"),
        new("DELETE", "images/**", Act.Pull, Content.Empty, "force noprune platforms"),
        new("POST", "networks/create", Act.Networks, Content.Network),
        new("POST", "networks/*/connect", Act.Networks, Content.Connect),
        new("POST", "networks/*/disconnect", Act.Networks, Content.Connect),
        new("DELETE", "networks/*", Act.Networks, Content.Empty),
        new("POST", "volumes/create", Act.Volumes, Content.Volume),
        new("DELETE", "volumes/*", Act.Volumes, Content.Empty, "force"),
    ];

    /// <exception cref="RefusedException">There is no such route.</exception>
    public static Route Of(string verb, Target target)
    {
        var route = All.FirstOrDefault(one => one.Fits(verb, target)) ?? throw new RefusedException(Refusals.Never, "nobody may do this through the gate");
        return route.Foreign(target) is null ? route : throw new RefusedException(Refusals.Query, "the query has a parameter that the gate does not know");
    }
}
