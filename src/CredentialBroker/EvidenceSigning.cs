using CredentialBroker.Audit.Checkpoints;
using CredentialBroker.Issuer;

namespace CredentialBroker;

/// <summary>Evidence is signed with the broker's checkpoint key; the two rooms do not know each other.</summary>
internal static class EvidenceSigning
{
    public static EvidenceKeys Of(IServiceProvider provider)
    {
        var keys = provider.GetRequiredService<IssuerKeys>();
        return new EvidenceKeys(() => Of(keys.Evidence), () => [Of(keys.Evidence)]);
    }

    private static EvidenceKey Of(SigningKey key) => new(key.X, key.Y, text => key.Sign(text));
}
