using CredentialBroker.Audit.Checkpoints;
using CredentialBroker.Issuer;

namespace CredentialBroker;

/// <summary>Evidence is signed with the broker's checkpoint key; the two rooms do not know each other.</summary>
internal static class EvidenceSigning
{
    public static EvidenceKeys Of(IServiceProvider provider)
    {
        var ring = provider.GetRequiredService<KeyRings>().Checkpoint;
        return new EvidenceKeys(() => Of(ring.Signer), () => [.. ring.Published.Select(key => (key.X, key.Y))]);
    }

    private static EvidenceKey Of(SigningKey key) => new(key.Public.X, key.Public.Y, text => key.Sign(text));
}
