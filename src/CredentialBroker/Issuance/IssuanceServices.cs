using CredentialBroker.Issuance.OAuth;

namespace CredentialBroker.Issuance;

internal static class IssuanceServices
{
    public static IServiceCollection AddIssuance(this IServiceCollection services, ExternalPolicyOptions policy) => services
        .AddSingleton(policy)
        .AddSingleton<ExternalPolicy>()
        .AddSingleton<Rulebook>()
        .AddSingleton<FactReader>()
        .AddSingleton<Refusals>()
        .AddSingleton<Replays>()
        .AddSingleton<Making>()
        .AddSingleton<MintAtTarget>()
        .AddSingleton<IssueCredential>()
        .AddSingleton<RenewLease>()
        .AddSingleton<EndByCaller>()
        .AddSingleton<PresentedKeys>()
        .AddSingleton<TokenExchange>()
        .AddSingleton<TokenRevocation>()
        .AddSingleton<OwnTokens>()
        .AddSingleton<Introspection>()
        .AddSingleton<StillGranted>()
        .AddSingleton<BrokerMetrics>()
        .AddSingleton<RefreshLog>();
}
