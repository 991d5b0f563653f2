using CredentialBroker.Approvals.Jws;
using CredentialBroker.Attestation;

namespace CredentialBroker.Approvals;

internal static class ApprovalServices
{
    public static IServiceCollection AddApprovals(this IServiceCollection services, IReadOnlyDictionary<string, ApprovalSourceOptions> configured)
    {
        var sources = configured.ToDictionary(s => s.Key, s => new ApprovalSource(s.Key, s.Value), StringComparer.Ordinal);
        return services
            .AddSingleton<ApprovalStore>()
            .AddSingleton<ApprovalRecords>()
            .AddSingleton<EndOfTask>()
            .AddSingleton<ApprovalEffects>()
            .AddSingleton<ApprovalExpiry>()
            .AddSingleton<ApprovalMetrics>()
            .AddSingleton(provider => new JwsVerifier(provider.GetRequiredService<TokenReader>(), Keys(sources, provider)))
            .AddSingleton(provider => ActivatorUtilities.CreateInstance<ApprovalIntake>(
                provider, (IReadOnlyDictionary<string, ApprovalSource>)sources, (Verify)provider.GetRequiredService<JwsVerifier>().VerifyAsync));
    }

    private static Dictionary<string, KeySource> Keys(Dictionary<string, ApprovalSource> sources, IServiceProvider provider)
    {
        var clock = provider.GetRequiredService<TimeProvider>();
        var log = provider.GetRequiredService<ILogger<KeySource>>();
        return sources.ToDictionary(s => s.Key, s => s.Value.Options.JwksFile is { } file
            ? KeySource.FromFile(s.Key, file, clock, log)
            : KeySource.FromUrl(s.Key, new Uri(s.Value.Options.JwksUrl!), KeyEndpoint.Client(allowLoopback: false), clock, log), StringComparer.Ordinal);
    }
}
