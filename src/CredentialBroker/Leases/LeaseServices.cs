namespace CredentialBroker.Leases;

internal static class LeaseServices
{
    public static IServiceCollection AddLeases(this IServiceCollection services) => services.AddSingleton<LeaseStore>().AddSingleton<Rechecks>().AddSingleton<LeaseTally>().AddSingleton<DueSignal>();
}
