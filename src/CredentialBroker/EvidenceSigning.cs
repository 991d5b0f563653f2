using CredentialBroker.Audit.Checkpoints;
using CredentialBroker.Issuer;

namespace CredentialBroker;

/// <summary>Evidence is signed with the broker's checkpoint key; the two rooms do not know each other.</summary>
internal static class EvidenceSigning
{
    public static EvidenceKeys Of(IServiceProvider provider)
    {
        var ring = provider.GetRequiredService<KeyRings>().Checkpoint;
        return new EvidenceKeys(() => Of((P256SigningKey)ring.Signer), () => [.. ring.Published.Cast<P256VerifyingKey>().Select(key => (key.X, key.Y))]);
    }

    private static EvidenceKey Of(P256SigningKey key) => new(key.Verifying.X, key.Verifying.Y, text => key.Sign(text));
}
