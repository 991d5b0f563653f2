namespace CredentialBroker.Audit;

internal static class AuditServices
{
    public static IServiceCollection AddAudit(this IServiceCollection services) => services.AddSingleton<AuditChain>().AddSingleton<AuditStore>();
}
