namespace CredentialBroker.Clusters;

/// <summary>A kind of object that is listed and watched over the whole cluster.</summary>
/// <param name="Path">Of the collection.</param>
/// <param name="Kind">Of one object.</param>
internal sealed record ResourceKind(string Path, string Kind)
{
    public static readonly ResourceKind Pods = new("api/v1/pods", "Pod");
    public static readonly ResourceKind Nodes = new("api/v1/nodes", "Node");
    public static readonly ResourceKind Namespaces = new("api/v1/namespaces", "Namespace");
    public static readonly ResourceKind ServiceAccounts = new("api/v1/serviceaccounts", "ServiceAccount");
    public static readonly ResourceKind Jobs = new("apis/batch/v1/jobs", "Job");
    public static readonly ResourceKind RoleBindings = new("apis/rbac.authorization.k8s.io/v1/rolebindings", "RoleBinding");
    public static readonly ResourceKind ClusterRoleBindings = new("apis/rbac.authorization.k8s.io/v1/clusterrolebindings", "ClusterRoleBinding");

    public static readonly IReadOnlyList<ResourceKind> All = [Pods, Nodes, Namespaces, ServiceAccounts, Jobs, RoleBindings, ClusterRoleBindings];

    /// <summary>API group; empty for the core.</summary>
    public string Group => Path.StartsWith("apis/", StringComparison.Ordinal) ? Path.Split('/')[1] : "";

    /// <summary>The resource's name, such as <c>pods</c>.</summary>
    public string Resource => Path[(Path.LastIndexOf('/') + 1)..];
}
