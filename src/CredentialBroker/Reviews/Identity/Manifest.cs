namespace CredentialBroker.Reviews.Identity;

/// <summary>One object of a cluster, as it is written down.</summary>
internal sealed record Manifest(string Kind, string Group, string Namespace, string Name, Tree Tree)
{
    private static readonly string[] OfCluster = ["ClusterRole", "ClusterRoleBinding", "Namespace", "Node", "PersistentVolume", "CustomResourceDefinition"];

    /// <summary>Kind, namespace and name, as people write them.</summary>
    public string Title => Namespace.Length == 0 ? $"{Kind} {Name}" : $"{Kind} {Namespace}/{Name}";

    public string? Annotation(string name) => Tree["metadata"]["annotations"][name].Name;

    /// <summary>The pod that it runs: its own, or of its template; nothing where it runs none.</summary>
    public Tree Pod => Kind switch
    {
        "Pod" => Tree,
        "Deployment" or "StatefulSet" or "DaemonSet" or "ReplicaSet" or "ReplicationController" or "Job" => Tree["spec"]["template"],
        "CronJob" => Tree["spec"]["jobTemplate"]["spec"]["template"],
        _ => default,
    };

    /// <summary>Null with what is wrong.</summary>
    public static Manifest? Read(Tree tree, out string? fault)
    {
        fault = null;
        var (kind, version, name) = (tree["kind"].Name, tree["apiVersion"].Name, tree["metadata"]["name"].Name ?? tree["metadata"]["generateName"].Name);
        if (kind is null || version is null) fault = "an object has no kind or no apiVersion";
        else if (name is null) fault = $"an object of kind {kind} has no name";
        else if (kind == "Secret" && (tree["data"].Exists || tree["stringData"].Exists)) fault = "a Secret is sent with what is in it; leave data and stringData out: only its metadata is looked at";
        if (fault is not null) return null;
        var space = OfCluster.Contains(kind!) ? "" : tree["metadata"]["namespace"].Name ?? "default";
        return new Manifest(kind!, version!.Contains('/', StringComparison.Ordinal) ? version[..version.IndexOf('/', StringComparison.Ordinal)] : "", space, name!, tree);
    }
}

/// <summary>Everything that was handed in, and of which kinds all there is of a cluster was handed in.</summary>
internal sealed record Documents(IReadOnlyList<Manifest> All, IReadOnlySet<string> Kinds)
{
    public IEnumerable<Manifest> Of(params string[] kinds) => All.Where(one => kinds.Contains(one.Kind, StringComparer.Ordinal));

    public Manifest? Find(string kind, string space, string name) => All.FirstOrDefault(one => one.Kind == kind && one.Namespace == space && one.Name == name);

    /// <summary>Whether anything of these kinds came, or an empty list of them: else nothing can be said about what is not there.</summary>
    public bool Has(params string[] kinds) => kinds.Any(Kinds.Contains);
}
