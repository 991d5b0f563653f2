namespace CredentialBroker.Uses;

internal static class UseServices
{
    public static IServiceCollection AddUses(this IServiceCollection services, UseOptions options) => services
        .AddSingleton(options)
        .AddSingleton<UseStore>()
        .AddSingleton<UseIntake>();
}
