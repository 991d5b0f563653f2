using System.Text.RegularExpressions;

namespace CredentialBroker.Backends.Kubernetes;

/// <summary>Names on their way into a path of the API server. Each is one segment of an alphabet that needs no escaping.</summary>
internal static partial class KubernetesNames
{
    /// <summary>A namespace.</summary>
    public static bool IsLabel(string text) => text.Length <= 63 && Label().IsMatch(text);

    /// <summary>A service account.</summary>
    public static bool IsSubdomain(string text) => text.Length <= 253 && text.Split('.').All(IsLabel);

    /// <summary><c>namespace/name</c>; <c>*</c> stands for one whole name.</summary>
    public static bool IsPattern(string pattern) =>
        pattern.Split('/') is [var space, var account] && (space == "*" || IsLabel(space)) && (account == "*" || IsSubdomain(account));

    /// <summary>The cluster's own namespaces are never meant by <c>*</c>: whoever lets templates choose there says so.</summary>
    public static bool Matches(Account account, string pattern) => pattern.Split('/') is [var space, var name]
        && (space == account.Namespace || (space == "*" && !account.Namespace.StartsWith("kube-", StringComparison.Ordinal)))
        && (name == account.Name || name == "*");

    /// <summary>A path that can be read for a proof: below the API's roots, without a query, and no Secret's.</summary>
    public static bool IsReadable(string path) =>
        path.Length <= 512 && path.Split('/') is ["", "api" or "apis" or "version", .. var rest]
        && rest.All(segment => Segment().IsMatch(segment) && segment is not ("." or ".." or "secrets"));

    [GeneratedRegex(@"^[a-z0-9]([a-z0-9-]*[a-z0-9])?\z", RegexOptions.CultureInvariant)]
    private static partial Regex Label();

    [GeneratedRegex(@"^[A-Za-z0-9_.-]{1,253}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Segment();
}

/// <summary>A service account. Before narrowing, both may have holes.</summary>
internal sealed record Account(string Namespace, string Name)
{
    public bool IsWellFormed => KubernetesNames.IsLabel(Namespace) && KubernetesNames.IsSubdomain(Name);
}
