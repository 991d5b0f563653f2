using CredentialBroker.Audit;
using CredentialBroker.Issuer;

namespace CredentialBroker;

/// <summary>The evidence of what happens to the broker's own keys. The issuer's room knows no audit: evidence is signed with its keys.</summary>
internal static class KeyRecords
{
    public static KeyRecord Of(IServiceProvider provider)
    {
        var (chain, clock) = (provider.GetRequiredService<AuditChain>(), provider.GetRequiredService<TimeProvider>());
        return change => (AuditEvent.Of(clock, change.Type, Streams.Control) with
        {
            Actor = change.By ?? "broker",
            Subject = $"{change.Purpose}/{change.Kid}",
            Detail = change.Detail,
        }).On(chain);
    }
}
