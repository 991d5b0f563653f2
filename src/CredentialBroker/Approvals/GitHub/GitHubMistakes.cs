using System.Text.RegularExpressions;

namespace CredentialBroker.Approvals.GitHub;

/// <summary>Every mistake of a source of GitHub's webhooks.</summary>
internal static partial class GitHubMistakes
{
    public static IEnumerable<string> Of(ApprovalSourceOptions source, string path) =>
        [.. Secret(source, path), .. Meaning(source, path), .. source.GitHub is { } api ? Api(api, $"{path}:GitHub", source.Environments) : [$"{path}:GitHub: required; where the state is read"]];

    private static IEnumerable<string> Secret(ApprovalSourceOptions source, string path)
    {
        if (source.SecretFile is null) yield return $"{path}:SecretFile: required; the secret of the webhook";
        else if (!File.Exists(source.SecretFile)) yield return $"{path}:SecretFile: no file at '{source.SecretFile}'";
        else if (File.ReadLines(source.SecretFile).FirstOrDefault() is not { Length: >= GitHubSignature.ShortestSecret }) yield return $"{path}:SecretFile: the secret has fewer than {GitHubSignature.ShortestSecret} characters";
    }

    private static IEnumerable<string> Meaning(ApprovalSourceOptions source, string path)
    {
        if (source.Binding != "exact") yield return $"{path}:Binding: a review is for one job; only exact";
        if (source.MinApprovers > 1) yield return $"{path}:MinApprovers: one review releases a job at GitHub, so that no more than 1 can be had";
        if (source.Templates.Any(t => t.Contains('*', StringComparison.Ordinal))) yield return $"{path}:Templates: a review names no templates, so that they are listed here by name, not by prefix";
    }

    private static IEnumerable<string> Api(GitHubOptions api, string path, string[] environments)
    {
        if (!IsBase(api)) yield return $"{path}:ApiBase: '{api.ApiBase}' is no https address without user, query and trailing slash";
        if (api.TokenFile is null) yield return $"{path}:TokenFile: required; a token that may read Actions";
        else if (!File.Exists(api.TokenFile)) yield return $"{path}:TokenFile: no file at '{api.TokenFile}'";
        if (api.Tier is not ("low" or "standard")) yield return $"{path}:Tier: '{api.Tier}' is neither low nor standard";
        if (api.Environments.Count == 0) yield return $"{path}:Environments: required; the environment here for each at GitHub";
        foreach (var (there, here) in api.Environments)
        {
            if (!environments.Contains(here, StringComparer.Ordinal)) yield return $"{path}:Environments:{there}: '{here}' is none of the source's Environments";
        }

        if (api.Repositories.Count == 0) yield return $"{path}:Repositories: required; name at least one";
        foreach (var (name, repository) in api.Repositories)
        {
            if (!FullName().IsMatch(name)) yield return $"{path}:Repositories:{name}: is no full name such as octo/shop";
            if (repository is { Id: < 1 } or { OwnerId: < 1 }) yield return $"{path}:Repositories:{name}: Id and OwnerId are required";
        }
    }

    private static bool IsBase(GitHubOptions api) => Uri.TryCreate(api.ApiBase, UriKind.Absolute, out var uri)
        && uri is { UserInfo: "", Query: "", Fragment: "" } && !api.ApiBase.EndsWith('/')
        && (uri.Scheme == Uri.UriSchemeHttps || (api.AllowLoopback && uri.IsLoopback));

    [GeneratedRegex(@"\A[A-Za-z0-9][A-Za-z0-9-]{0,38}/[A-Za-z0-9._-]{1,100}\z", RegexOptions.CultureInvariant)]
    private static partial Regex FullName();
}
