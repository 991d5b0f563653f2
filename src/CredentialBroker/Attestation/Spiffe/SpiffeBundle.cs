using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;

namespace CredentialBroker.Attestation;

/// <summary>
/// A trust domain's bundle (SPIFFE Trust Domain and Bundle, section 4): a JWKS whose entries say which identities they
/// verify. An entry of no known use is passed over; a bundle without entries has withdrawn everything.
/// </summary>
internal static class SpiffeBundle
{
    // Section 4.1.2 leaves the pace to the consumer where the publisher does not name it; five minutes is usual.
    private static readonly TimeSpan UsualPace = TimeSpan.FromMinutes(5);

    internal static KeySet Parse(ReadOnlySpan<byte> json)
    {
        var keys = new List<PublicKey>();
        var roots = new List<X509Certificate2>();
        var passedOver = new List<string>();
        var entries = KeySet.Entries(json, out var document);
        foreach (var (index, entry) in entries.EnumerateArray().Index())
        {
            var reason = entry.Text("use") switch
            {
                "jwt-svid" => AddKey(entry, keys),
                "x509-svid" => AddRoot(entry, roots),
                _ => "its use is neither jwt-svid nor x509-svid",
            };
            if (reason is not null)
            {
                passedOver.Add($"Entry {index} is passed over: {reason}.");
            }
        }

        return new KeySet(keys, passedOver)
        {
            Roots = roots,
            Sequence = Whole(document, "spiffe_sequence"),
            LookAgain = Whole(document, "spiffe_refresh_hint") is { } seconds ? TimeSpan.FromSeconds(Math.Min(seconds, 86_400)) : UsualPace,
        };
    }

    private static string? AddKey(JsonElement entry, List<PublicKey> keys)
    {
        if (entry.Text("kid") is not { Length: > 0 } id)
        {
            return "it has no kid";
        }

        if (JsonWebKeys.Read(entry, out var reason, "jwt-svid") is not { } key)
        {
            return reason;
        }

        if (keys.Any(known => known.Id == id))
        {
            throw new FormatException("The bundle has two keys with one kid.");
        }

        keys.Add(key);
        return null;
    }

    private static string? AddRoot(JsonElement entry, List<X509Certificate2> roots)
    {
        if (!entry.TryGetProperty("x5c", out var chain) || chain.ValueKind != JsonValueKind.Array || chain.GetArrayLength() != 1
            || chain[0].ValueKind != JsonValueKind.String || !chain[0].TryGetBytesFromBase64(out var der))
        {
            return "its x5c does not hold exactly one certificate";
        }

        try
        {
            var root = X509CertificateLoader.LoadCertificate(der);
            if (!SvidForm.MaySignOthers(root))
            {
                root.Dispose();
                return "its certificate may not sign others";
            }

            roots.Add(root);
            return null;
        }
        catch (CryptographicException)
        {
            return "its x5c is no certificate";
        }
    }

    private static long? Whole(JsonElement document, string name) =>
        !document.TryGetProperty(name, out var value) ? null
        : value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var whole) && whole >= 0 ? whole
        : throw new FormatException($"The bundle's {name} is no whole number.");
}
