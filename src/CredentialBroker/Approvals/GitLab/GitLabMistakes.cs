using System.Text.RegularExpressions;
using CredentialBroker.Approvals.Prompts;
using CredentialBroker.Attestation;

namespace CredentialBroker.Approvals.GitLab;

/// <summary>Every mistake of a source of GitLab's webhooks.</summary>
internal static partial class GitLabMistakes
{
    public static IEnumerable<string> Of(ApprovalSourceOptions source, string path) =>
    [
        .. PromptMistakes.Source(source, path, "a deployment is one job's"),
        .. source.GitLab is { } api
            ? [.. PromptMistakes.Api(api, $"{path}:GitLab", source.Environments, "a token that may read the projects (read_api)"), .. Projects(api, $"{path}:GitLab")]
            : (IEnumerable<string>)[$"{path}:GitLab: required; where the state is read"],
    ];

    /// <summary>Whose jobs are approved must be provable, or nothing that is approved could ever be claimed.</summary>
    public static IEnumerable<string> Unprovable(IReadOnlyDictionary<string, ApprovalSourceOptions> approvals, IReadOnlyDictionary<string, WorkloadSourceOptions> workloads) =>
        from source in approvals
        where source.Value is { Format: Formats.GitLab, GitLab: { } api } && !(workloads.TryGetValue(api.WorkloadSource, out var workload) && workload.Kind == "gitlab")
        select $"TrustSources:Approvals:{source.Key}:GitLab:WorkloadSource: '{source.Value.GitLab!.WorkloadSource}' is no source of TrustSources:Workloads of kind gitlab";

    private static IEnumerable<string> Projects(GitLabOptions api, string path)
    {
        if (api.Projects.Count == 0) yield return $"{path}:Projects: required; name at least one";
        foreach (var (id, name) in api.Projects)
        {
            if (!Id().IsMatch(id)) yield return $"{path}:Projects:{id}: is no project's id";
            if (!FullPath().IsMatch(name ?? "")) yield return $"{path}:Projects:{id}: '{name}' is no full path such as shop/web";
        }

        foreach (var twice in api.Projects.GroupBy(p => p.Value, StringComparer.OrdinalIgnoreCase).Where(g => g.Count() > 1))
        {
            yield return $"{path}:Projects: '{twice.Key}' is the path of two";
        }
    }

    [GeneratedRegex(@"\A[1-9][0-9]{0,17}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Id();

    [GeneratedRegex(@"\A[A-Za-z0-9_][A-Za-z0-9_.-]{0,254}(/[A-Za-z0-9_][A-Za-z0-9_.-]{0,254}){1,20}\z", RegexOptions.CultureInvariant)]
    private static partial Regex FullPath();
}
