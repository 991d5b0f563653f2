using System.Text.RegularExpressions;
using CredentialBroker.Approvals.Prompts;

namespace CredentialBroker.Approvals.GitHub;

/// <summary>Every mistake of a source of GitHub's webhooks.</summary>
internal static partial class GitHubMistakes
{
    public static IEnumerable<string> Of(ApprovalSourceOptions source, string path)
    {
        IEnumerable<string> approvers = source.MinApprovers > 1 ? [$"{path}:MinApprovers: one review releases a job at GitHub, so that no more than 1 can be had"] : [];
        IEnumerable<string> state = source.GitHub is { } api
            ? [.. PromptMistakes.Api(api, $"{path}:GitHub", source.Environments, "a token that may read Actions"), .. Repositories(api, $"{path}:GitHub")]
            : [$"{path}:GitHub: required; where the state is read"];
        return [.. PromptMistakes.Source(source, path, "a review is for one job"), .. approvers, .. state];
    }

    private static IEnumerable<string> Repositories(GitHubOptions api, string path)
    {
        if (api.Repositories.Count == 0) yield return $"{path}:Repositories: required; name at least one";
        foreach (var (name, repository) in api.Repositories)
        {
            if (!FullName().IsMatch(name)) yield return $"{path}:Repositories:{name}: is no full name such as octo/shop";
            if (repository is { Id: < 1 } or { OwnerId: < 1 }) yield return $"{path}:Repositories:{name}: Id and OwnerId are required";
        }
    }

    [GeneratedRegex(@"\A[A-Za-z0-9][A-Za-z0-9-]{0,38}/[A-Za-z0-9._-]{1,100}\z", RegexOptions.CultureInvariant)]
    private static partial Regex FullName();
}
