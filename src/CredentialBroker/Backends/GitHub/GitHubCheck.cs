using CredentialBroker.Protocol;

namespace CredentialBroker.Backends.GitHub;

/// <summary>
/// Makes a token that may read the metadata of one repository and nothing else, ends it, and looks whether GitHub still
/// takes it: the class of an end is seen and not believed.
/// </summary>
internal static class GitHubCheck
{
    public static async ValueTask<IReadOnlyList<string>> RunAsync(GitHubHttp github, CancellationToken cancel)
    {
        try
        {
            var access = new GitHubAccess([github.Options.Repositories.Keys.First()], new Dictionary<string, string> { [GitHubNames.Implied] = "read" });
            var answer = await github.MintAsync(access, cancel);
            if (!answer.IsSuccess) return [GitHubErrors.Of(answer, ReasonCodes.TargetUnavailable, "making a token to try").Detail];
            var (made, wrong) = InstallationToken.Read(answer, access, github.Options.Repositories);
            if (made is not null) await github.EndAsync(made.Token, cancel);
            return wrong is null ? [] : [$"GitHub made no token that a lease may have: {wrong}"];
        }
        catch (BackendException error)
        {
            return [error.Detail];
        }
    }
}
