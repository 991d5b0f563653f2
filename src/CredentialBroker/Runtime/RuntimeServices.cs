namespace CredentialBroker.Runtime;

internal static class RuntimeServices
{
    public static IServiceCollection AddRuntime(this IServiceCollection services) => services.AddSingleton<TaskEnds>().AddSingleton<TaskReach>().AddSingleton<ApprovalEnds>();
}
