using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using CredentialBroker.Protocol;

namespace CredentialBroker.Attestation;

/// <summary>How a source writes down what it publishes.</summary>
/// <exception cref="FormatException">It is not written so.</exception>
internal delegate KeySet ReadKeys(ReadOnlySpan<byte> published);

/// <summary>The public keys a trust source publishes, as of one reading.</summary>
/// <param name="Keys">Keys that can verify signatures.</param>
/// <param name="PassedOver">Why other entries cannot, for the log.</param>
internal sealed record KeySet(IReadOnlyList<PublicKey> Keys, IReadOnlyList<string> PassedOver)
{
    internal const int MaxBytes = 64 * 1024;
    private const int MaxKeys = 100;

    /// <summary>Certificates that chains may end in; only a SPIFFE bundle has them.</summary>
    internal IReadOnlyList<X509Certificate2> Roots { get; init; } = [];

    /// <summary>Which publication this is, where the source numbers them; one that goes back is not believed.</summary>
    internal long? Sequence { get; init; }

    /// <summary>How soon the source wants to be looked at again, where it says so.</summary>
    internal TimeSpan? LookAgain { get; init; }

    /// <exception cref="FormatException">The document is no key set, or names two keys alike.</exception>
    internal static KeySet Parse(ReadOnlySpan<byte> json)
    {
        var entries = Entries(json, out _);
        var keys = new List<PublicKey>();
        var passedOver = new List<string>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (index, entry) in entries.EnumerateArray().Index())
        {
            // Counted over all entries: a kid that names a public and a secret key alike is a confusion in the making.
            if (entry.Text("kid") is { } id && !names.Add(id))
            {
                throw new FormatException("The key set has two keys with one kid.");
            }

            if (JsonWebKeys.Read(entry, out var reason) is { } key)
            {
                keys.Add(key);
            }
            else
            {
                passedOver.Add($"Key {index} is passed over: {reason}.");
            }
        }

        return new KeySet(keys, passedOver);
    }

    /// <summary>The array <c>keys</c> of a document that is otherwise left to the caller.</summary>
    internal static JsonElement Entries(ReadOnlySpan<byte> json, out JsonElement document)
    {
        if (!StrictJson.TryReadObject(json, out document, out var fault))
        {
            throw new FormatException($"The key set {fault}.");
        }

        return document.TryGetProperty("keys", out var entries) && entries.ValueKind == JsonValueKind.Array && entries.GetArrayLength() <= MaxKeys
            ? entries
            : throw new FormatException($"The key set has no array \"keys\" of at most {MaxKeys} entries.");
    }

    internal bool Has(string id) => Keys.Any(key => key.Id == id);

    /// <summary>The one key for this header. A token that names none gets one only where there is no choice.</summary>
    internal PublicKey? Choose(JoseHeader header, out TokenReading.Refused? refusal)
    {
        refusal = null;
        var named = header.KeyId is null ? Keys : [.. Keys.Where(key => key.Id == header.KeyId)];
        PublicKey[] fitting = [.. named.Where(key => key.Fits(header.Algorithm))];
        if (fitting.Length == 1)
        {
            return fitting[0];
        }

        refusal = header.KeyId is not null && named.Count > 0
            ? new TokenReading.Refused(ReasonCodes.EvidenceAlgorithm, "The token's signature algorithm is not the one of the key it names.")
            : new TokenReading.Refused(ReasonCodes.EvidenceUnknownKey, header.KeyId is null
                ? "The token names no key, and its source does not have exactly one that fits."
                : "The token names a key its source does not publish.");
        return null;
    }
}
