using System.Globalization;
using System.Text.Json;

namespace CredentialBroker.Attestation;

/// <summary>
/// Verified claims, read one by one against the form each must have. The first fault is kept and the reading goes on,
/// so that a kind of evidence reads top to bottom; nothing is believed until <see cref="Fault"/> is found empty.
/// </summary>
internal sealed class ClaimSheet(JsonElement claims)
{
    private readonly Dictionary<string, string> _facts = new(StringComparer.Ordinal);

    internal string? Fault { get; private set; }

    /// <summary>What was read so far, by attribute name.</summary>
    internal IReadOnlyDictionary<string, string> Facts => _facts;

    /// <summary>Reads the claim at <paramref name="path"/>, which must be there, and records it as <paramref name="fact"/>.</summary>
    internal string Require(string fact, Func<string, bool> form, params ReadOnlySpan<string> path)
    {
        var value = Allow(fact, form, path);
        if (value is null)
        {
            Refuse($"The claim {string.Join('.', path)} is missing.");
        }

        return value ?? "";
    }

    /// <summary>Reads the claim at <paramref name="path"/> if it is there; empty text counts as absent.</summary>
    internal string? Allow(string fact, Func<string, bool> form, params ReadOnlySpan<string> path)
    {
        var value = Find(path) is { } element ? Spell(element) : "";
        if (value is "")
        {
            return null;
        }

        if (value is null || !form(value))
        {
            Refuse($"The claim {string.Join('.', path)} does not have the form it must have.");
            return "";
        }

        _facts[fact] = value;
        return value;
    }

    internal void State(string fact, string value) => _facts[fact] = value;

    internal void Refuse(string fault) => Fault ??= fault;

    internal JsonElement? Find(params ReadOnlySpan<string> path)
    {
        var at = claims;
        foreach (var name in path)
        {
            if (at.ValueKind != JsonValueKind.Object || !at.TryGetProperty(name, out at))
            {
                return null;
            }
        }

        return at;
    }

    // Issuers spell some ids as numbers. A fraction or an exponent is none of them.
    private static string? Spell(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.String => element.GetString(),
        JsonValueKind.Number when element.TryGetInt64(out var id) && id >= 0 => id.ToString(CultureInfo.InvariantCulture),
        JsonValueKind.Null => "",
        _ => null,
    };
}
