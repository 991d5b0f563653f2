using System.Net;
using System.Text.RegularExpressions;

namespace CredentialBroker.Templates;

/// <summary>
/// Which workload patterns a template may carry (R26, R31). A pattern names one workload, and <c>*</c> stands only for the
/// whole last segment in two places: any environment of one repository (<c>github://1/2/*</c>), and what is below at least
/// two fixed segments of one SPIFFE trust domain (<c>spiffe://td/shop/checkout/*</c>). Below <c>ns/</c>, the path that
/// meshes give to Kubernetes service accounts, the account must be fixed too (<c>spiffe://td/ns/shop/sa/checkout/*</c>).
/// </summary>
internal static partial class WorkloadRules
{
    private static readonly (string Scheme, string Form, Func<string[], string?> Refuse)[] Table =
    [
        ("k8s", "k8s://cluster/ns/sa", Kubernetes),
        ("spiffe", "spiffe://trust-domain/path", Spiffe),
        ("github", "github://owner_id/repo_id[/env]", GitHub),
        ("gitlab", "gitlab://source/project_id", GitLab),
        ("oidc", "oidc://source/sub", Oidc),
        ("docker", "docker://host/digest", Docker),
        ("aws", "aws://account/role/name", Aws),
        ("azure", "azure://tenant/object_id", Azure),
        ("gcp", "gcp://project/unique_id", Google),
    ];

    public static IEnumerable<string> Schemes => Table.Select(row => row.Scheme);

    public static IEnumerable<string> Forms => Table.Select(row => row.Form);

    /// <summary>Why this pattern may not stand in a template; null when it may.</summary>
    public static string? Refuse(string pattern)
    {
        var cut = pattern.IndexOf("://", StringComparison.Ordinal);
        var row = Array.Find(Table, row => cut > 0 && row.Scheme == pattern[..cut]);
        if (row.Refuse is null) return $"expected one of {string.Join(", ", Forms)}";
        var segments = pattern[(cut + 3)..].Split('/');
        if (segments.Any(segment => segment is "" or "." or "..")) return $"expected {row.Form}, without empty or dot segments";
        var fixedPart = segments[^1] == "*" ? segments[..^1] : segments;
        if (fixedPart.Length == 0) return "everything of a kind is no workload (R31)";
        if (fixedPart.Any(segment => segment.Contains('*', StringComparison.Ordinal))) return "* stands only for the whole last segment (R31)";
        return row.Refuse(segments) is { } reason ? $"{reason}; expected {row.Form}" : null;
    }

    private static string? Kubernetes(string[] segments) => segments switch
    {
        [_] or [_, _] => "a cluster or namespace alone is no workload: name the service account (R26)",
        [_, _, "*"] => "any service account of a namespace is no workload: name it (R31)",
        [var cluster, var ns, var account] when Name().IsMatch(cluster) && Label().IsMatch(ns) && Name().IsMatch(account) => null,
        _ => "a cluster, a namespace and a service account, by their names",
    };

    private static string? Spiffe(string[] segments)
    {
        if (segments is [_]) return "a trust domain alone is no workload: name a path (R26)";
        if (!TrustDomain().IsMatch(segments[0])) return "a trust domain is lower-case letters, digits, dots, hyphens and underscores";
        if (IPAddress.TryParse(segments[0], out _)) return "a network address is no identity (R26)";
        var path = segments[^1] == "*" ? segments[1..^1] : segments[1..];
        if (!path.All(segment => PathSegment().IsMatch(segment))) return "a SPIFFE path of letters, digits, dots, hyphens and underscores";
        return segments[^1] != "*" ? null : path switch
        {
            [] => "a whole trust domain is no workload (R31)",
            [_] => "* needs at least two fixed path segments before it (R31)",
            ["ns", ..] when path is not ["ns", _, "sa", _, ..] => "a whole namespace, or any service account of one, is no workload (R26, R31)",
            _ => null,
        };
    }

    private static string? GitHub(string[] segments) => segments switch
    {
        [_] or [_, "*"] => "all repositories of an owner are no workload: name one by its id (R31)",
        [var owner, var repository, .. var environment] when Digits().IsMatch(owner) && Digits().IsMatch(repository)
            && (environment is [] or ["*"] || (environment is [var one] && Encoded().IsMatch(one))) => null,
        _ => "numeric ids, which survive renames, and one environment at most",
    };

    private static string? GitLab(string[] segments) => segments switch
    {
        [_] or [_, "*"] => "all projects of a source are no workload: name one by its id (R31)",
        [var source, var project] when Name().IsMatch(source) && Digits().IsMatch(project) => null,
        _ => "a source and a numeric project id",
    };

    private static string? Oidc(string[] segments) => segments switch
    {
        [_] => "a source alone is no workload: name the subject (R26)",
        [_, "*"] => "a wildcard subject is no workload: name it (R31)",
        [var source, var subject] when Name().IsMatch(source) && Encoded().IsMatch(subject) => null,
        _ => "a source and a subject as one segment, with % encoding (%2F for /)",
    };

    private static string? Docker(string[] segments) => segments switch
    {
        [var host, ..] when IPAddress.TryParse(host, out _) => "a network address is no identity: name the host (R26)",
        [_] or [_, "*"] => "any image on a host is no workload: name its digest (R31)",
        [var host, var digest] when Name().IsMatch(host) && ImageDigest().IsMatch(digest) => null,
        _ => "a host and an image digest (sha256:…)",
    };

    private static string? Aws(string[] segments) => segments switch
    {
        [_] => "an account alone is no workload: name the role (R26)",
        [.., "*"] => "all roles of an account are no workload: name one (R31)",
        [var account, "role", var role] when AwsAccount().IsMatch(account) && AwsRole().IsMatch(role) => null,
        _ => "an account of twelve digits, the word role and the role's name without its path",
    };

    private static string? Azure(string[] segments) => segments switch
    {
        [_] => "a tenant alone is no workload: name the identity (R26)",
        [.., "*"] => "all identities of a tenant are no workload: name one (R31)",
        [var tenant, var identity] when AzureId().IsMatch(tenant) && AzureId().IsMatch(identity) => null,
        _ => "the ids of a tenant and of an identity's object, in lower case",
    };

    private static string? Google(string[] segments) => segments switch
    {
        [_] => "a project alone is no workload: name the service account (R26)",
        [.., "*"] => "all service accounts of a project are no workload: name one (R31)",
        [var project, var account] when GoogleProject().IsMatch(project) && GoogleAccount().IsMatch(account) => null,
        _ => "a project's id and a service account's unique numeric id, which no other account ever gets",
    };

    [GeneratedRegex(@"\A[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?\z")]
    private static partial Regex Name();

    [GeneratedRegex(@"\A[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\z")]
    private static partial Regex Label();

    [GeneratedRegex(@"\A[a-z0-9._-]{1,255}\z")]
    private static partial Regex TrustDomain();

    [GeneratedRegex(@"\A[A-Za-z0-9._-]+\z")]
    private static partial Regex PathSegment();

    [GeneratedRegex(@"\A[0-9]{1,20}\z")]
    private static partial Regex Digits();

    // What attestation makes of free text: RFC 3986 pchar without quote and asterisk, the rest as upper-case %XX.
    [GeneratedRegex(@"\A(?:[A-Za-z0-9._~!$&()+,;=:@-]|%[0-9A-F]{2})+\z")]
    private static partial Regex Encoded();

    [GeneratedRegex(@"\A[0-9]{12}\z")]
    private static partial Regex AwsAccount();

    [GeneratedRegex(@"\A[A-Za-z0-9_+=,.@-]{1,64}\z")]
    private static partial Regex AwsRole();

    [GeneratedRegex(@"\A[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\z")]
    private static partial Regex AzureId();

    [GeneratedRegex(@"\A[a-z][a-z0-9-]{4,28}[a-z0-9]\z")]
    private static partial Regex GoogleProject();

    [GeneratedRegex(@"\A[0-9]{1,32}\z")]
    private static partial Regex GoogleAccount();

    [GeneratedRegex(@"\Asha256:[0-9a-f]{64}\z")]
    private static partial Regex ImageDigest();
}
