namespace CredentialBroker.Proofs;

internal static class ProofServices
{
    public static IServiceCollection AddProofs(this IServiceCollection services, ProofOptions options) => services
        .AddSingleton(options)
        .AddSingleton<ProofMetrics>()
        .AddSingleton<ProofLog>()
        .AddSingleton<Canaries>()
        .AddSingleton<Proof>()
        .AddSingleton<ProofRuns>()
        .AddHostedService(provider => provider.GetRequiredService<ProofRuns>());
}
