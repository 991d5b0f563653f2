namespace CredentialBroker.Attestation;

internal static class AttestationServices
{
    public static IServiceCollection AddAttestation(this IServiceCollection services, IReadOnlyDictionary<string, WorkloadSourceOptions> configured, OwnIssuers own) => services
        .AddSingleton<TokenReader>()
        .AddSingleton<WorkloadRecords>()
        .AddSingleton<Possession>()
        .AddSingleton(provider => WorkloadSources.Build(
            configured, own, provider.GetRequiredService<TokenReader>(), provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<KeySource>>(), provider.GetService<ILiveProof>()));
}
