namespace CredentialBroker.Approvals.Prompts;

/// <summary>Mistakes that every source can have whose webhooks only prompt.</summary>
internal static class PromptMistakes
{
    /// <param name="about">What its approvals are for, such as "a review is for one job".</param>
    public static IEnumerable<string> Source(ApprovalSourceOptions source, string path, string about)
    {
        if (source.SecretFile is null) yield return $"{path}:SecretFile: required; the secret of the webhook";
        else if (!File.Exists(source.SecretFile)) yield return $"{path}:SecretFile: no file at '{source.SecretFile}'";
        else if (File.ReadLines(source.SecretFile).FirstOrDefault() is not { Length: >= PromptDoor.ShortestSecret }) yield return $"{path}:SecretFile: the secret has fewer than {PromptDoor.ShortestSecret} characters";
        if (source.Binding != "exact") yield return $"{path}:Binding: {about}; only exact";
        if (source.Templates.Any(t => t.Contains('*', StringComparison.Ordinal))) yield return $"{path}:Templates: what is read there names no templates, so that they are listed here by name, not by prefix";
    }

    /// <param name="token">What the token must be good for, such as "a token that may read Actions".</param>
    public static IEnumerable<string> Api(IStateOptions api, string path, string[] environments, string token)
    {
        if (!IsBase(api)) yield return $"{path}:ApiBase: '{api.ApiBase}' is no https address without user, query and trailing slash";
        if (api.TokenFile is null) yield return $"{path}:TokenFile: required; {token}";
        else if (!File.Exists(api.TokenFile)) yield return $"{path}:TokenFile: no file at '{api.TokenFile}'";
        if (api.Tier is not ("low" or "standard")) yield return $"{path}:Tier: '{api.Tier}' is neither low nor standard";
        if (api.Environments.Count == 0) yield return $"{path}:Environments: required; the environment here for each that is there";
        foreach (var (there, here) in api.Environments)
        {
            if (!environments.Contains(here, StringComparer.Ordinal)) yield return $"{path}:Environments:{there}: '{here}' is none of the source's Environments";
        }
    }

    private static bool IsBase(IStateOptions api) => Uri.TryCreate(api.ApiBase, UriKind.Absolute, out var uri)
        && uri is { UserInfo: "", Query: "", Fragment: "" } && !api.ApiBase.EndsWith('/')
        && (uri.Scheme == Uri.UriSchemeHttps || (api.AllowLoopback && uri.IsLoopback));
}
