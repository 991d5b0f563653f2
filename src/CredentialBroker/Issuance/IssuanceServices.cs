using CredentialBroker.Issuance.OAuth;
using CredentialBroker.Issuance.Reevaluation;
using CredentialBroker.Issuance.Undecided;
using CredentialBroker.Issuance.Velocities;

namespace CredentialBroker.Issuance;

internal static class IssuanceServices
{
    public static IServiceCollection AddIssuance(this IServiceCollection services, ExternalPolicyOptions policy, string profile) => services
        .AddSingleton(policy)
        .AddSingleton(new EnvironmentProfiles(policy.Environments, profile))
        .AddSingleton<ExternalPolicy>()
        .AddSingleton<Rulebook>()
        .AddSingleton<FactReader>()
        .AddSingleton<Refusals>()
        .AddSingleton<VelocityLimits>()
        .AddSingleton<LiveLeases>()
        .AddSingleton<Reevaluation.Reevaluation>()
        .AddSingleton<EpochSeen>()
        .AddSingleton<UndecidedStore>()
        .AddSingleton<UndecidedRecords>()
        .AddSingleton<UndecidedDesk>()
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
