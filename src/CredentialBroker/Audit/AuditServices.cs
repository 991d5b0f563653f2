using CredentialBroker.Hosting;

namespace CredentialBroker.Audit;

internal static class AuditServices
{
    public static IServiceCollection AddAudit(this IServiceCollection services) => services.AddSingleton<AuditChain>().AddSingleton<AuditStore>().AddSingleton<DoorRecord>(AtTheDoor);

    private static DoorRecord AtTheDoor(IServiceProvider provider) => (type, actor, detail, count) =>
        (AuditEvent.Of(provider.GetRequiredService<TimeProvider>(), type, Streams.Control) with { Actor = actor, Detail = detail, Count = count }).On(provider.GetRequiredService<AuditChain>());
}
