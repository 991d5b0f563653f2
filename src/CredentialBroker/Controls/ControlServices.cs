namespace CredentialBroker.Controls;

internal static class ControlServices
{
    public static IServiceCollection AddControls(this IServiceCollection services) => services.AddSingleton<ControlStore>().AddSingleton<AfterRestore>().AddSingleton<RestoreLog>();
}
