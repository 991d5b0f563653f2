using CredentialBroker.Backends.Wires;
using CredentialBroker.Issuer;
using CredentialBroker.Storage;

namespace CredentialBroker.Backends.GitHub;

internal static class GitHubServices
{
    public static IServiceCollection AddGitHub(this IServiceCollection services, IReadOnlyDictionary<string, GitHubTarget> targets) => services
        .AddSingleton(provider => Installations(targets, provider.GetRequiredService<BrokerClock>()))
        .AddSingleton(provider => new BackendKind(
            new GitHubBackend(provider.GetRequiredService<PerTarget<GitHubTarget, GitHubHttp>>(), provider.GetRequiredService<SealedCredentials>(), provider.GetRequiredService<BrokerClock>()),
            target => targets.TryGetValue(target, out var options) ? new GateLimits(options.MaxMinting, options.MaxEnding) : GateLimits.Least));

    public static PerTarget<GitHubTarget, GitHubHttp> Installations(IReadOnlyDictionary<string, GitHubTarget> targets, TimeProvider clock) =>
        new(GitHubBackend.Word, targets, (_, options) => new GitHubHttp(options, clock));
}
