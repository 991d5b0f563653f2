namespace CredentialBroker.Revocation;

internal static class RevocationServices
{
    public static IServiceCollection AddRevocation(this IServiceCollection services, int endsPerTarget) => services
        .AddSingleton(new EndOptions(endsPerTarget))
        .AddSingleton<RevocationLists>()
        .AddSingleton<StatusLists>()
        .AddSingleton<EndLog>()
        .AddSingleton<EndLease>()
        .AddSingleton<LocalEnds>()
        .AddSingleton<DueSweep>();
}
