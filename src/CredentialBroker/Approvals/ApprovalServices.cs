using CredentialBroker.Approvals.CDEvents;
using CredentialBroker.Approvals.CloudEvents;
using CredentialBroker.Approvals.GitHub;
using CredentialBroker.Approvals.GitLab;
using CredentialBroker.Approvals.Jws;
using CredentialBroker.Approvals.Prompts;
using CredentialBroker.Attestation;

namespace CredentialBroker.Approvals;

internal static class ApprovalServices
{
    public static IServiceCollection AddApprovals(this IServiceCollection services, IReadOnlyDictionary<string, ApprovalSourceOptions> configured)
    {
        IReadOnlyDictionary<string, ApprovalSource> sources = configured.ToDictionary(s => s.Key, s => new ApprovalSource(s.Key, s.Value), StringComparer.Ordinal);
        return services
            .AddSingleton(sources)
            .AddSingleton<ApprovalStore>()
            .AddSingleton<RecentApprovals>()
            .AddSingleton<ApprovalRecords>()
            .AddSingleton<EndOfTask>()
            .AddSingleton<ApprovalEffects>()
            .AddSingleton<ApprovalExpiry>()
            .AddSingleton<ApprovalMetrics>()
            .AddSingleton(provider => new JwsFormat(provider.GetRequiredService<TokenReader>(), Keys(sources.Values, provider)))
            .AddSingleton<SignedEvents>()
            .AddSingleton<PromptStore>()
            .AddSingleton<PromptLog>()
            .AddSingleton<PromptDoor>()
            .AddSingleton<GitHubFormat>()
            .AddSingleton<GitLabFormat>()
            .AddSingleton(Formats)
            .AddSingleton<IReadOnlyDictionary<string, ISourceState>>(provider => States(sources.Values, provider.GetRequiredService<TimeProvider>()))
            .AddSingleton<ApprovalIntake>()
            .AddSingleton<PromptSweep>()
            .AddSingleton<Reaffirmation>();
    }

    private static IReadOnlyDictionary<string, ISourceFormat> Formats(IServiceProvider provider)
    {
        var (signed, clock) = (provider.GetRequiredService<SignedEvents>(), provider.GetRequiredService<TimeProvider>());
        return new Dictionary<string, ISourceFormat>(StringComparer.Ordinal)
        {
            [Approvals.Formats.Jws] = provider.GetRequiredService<JwsFormat>(),
            [Approvals.Formats.CloudEvents] = new CloudEventFormat(OwnVocabulary.Read, signed, clock),
            [Approvals.Formats.CDEvents] = new CloudEventFormat(CDEventVocabulary.Read, signed, clock),
            [Approvals.Formats.Admission] = new AdmissionFormat(),
            [Approvals.Formats.GitHub] = provider.GetRequiredService<GitHubFormat>(),
            [Approvals.Formats.GitLab] = provider.GetRequiredService<GitLabFormat>(),
        };
    }

    private static Dictionary<string, KeySource> Keys(IEnumerable<ApprovalSource> sources, IServiceProvider provider)
    {
        var clock = provider.GetRequiredService<TimeProvider>();
        var log = provider.GetRequiredService<ILogger<KeySource>>();
        return sources.Where(s => (s.Options.JwksFile ?? s.Options.JwksUrl) is not null).ToDictionary(s => s.Name, s => s.Options.JwksFile is { } file
            ? KeySource.FromFile(s.Name, file, clock, log)
            : KeySource.FromUrl(s.Name, new Uri(s.Options.JwksUrl!), KeyEndpoint.Client(allowLoopback: false), clock, log), StringComparer.Ordinal);
    }

    private static Dictionary<string, ISourceState> States(IEnumerable<ApprovalSource> sources, TimeProvider clock)
    {
        var states = new Dictionary<string, ISourceState>(StringComparer.Ordinal);
        foreach (var source in sources)
        {
            if (source.Options.GitHub is { } github) states[source.Name] = new GitHubState(source, new StateApi(github, GitHubState.Manners, clock));
            if (source.Options.GitLab is { } gitlab) states[source.Name] = new GitLabState(source, new StateApi(gitlab, GitLabState.Manners, clock));
        }

        return states;
    }
}
