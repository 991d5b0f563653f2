using System.Text.Json;
using CredentialBroker.Approvals;
using CredentialBroker.Attestation;
using CredentialBroker.Protocol;

namespace CredentialBroker.Alarms.Sets;

/// <summary>What a proven security event token says: one event of CAEP 1.0 about one subject (RFC 9493).</summary>
internal static class SetContent
{
    private const string Caep = "https://schemas.openid.net/secevent/caep/event-type/";

    /// <summary>Events that are understood, each with what its payload must say besides (CAEP 1.0 section 3).</summary>
    private static readonly Dictionary<string, Func<JsonElement, string?>> Known = new(StringComparer.Ordinal)
    {
        ["session-revoked"] = _ => "",
        ["credential-change"] = payload => payload.Text("credential_type") is { Length: > 0 } && OneOf(payload, "change_type", "create", "revoke", "update", "delete") is { } change ? $":{change}" : null,
        ["assurance-level-change"] = payload => payload.Text("namespace") is { Length: > 0 } && payload.Text("current_level") is { Length: > 0 } ? Direction(payload) : null,
        ["device-compliance-change"] = payload => OneOf(payload, "previous_status", "compliant", "not-compliant") is not null && OneOf(payload, "current_status", "compliant", "not-compliant") is { } now ? $":{now}" : null,
    };

    public static Heard Read(JsonElement claims, long now)
    {
        if (claims.Text("jti") is not { } id || !Text.IsEventId(id)) return Malformed("jti is missing, or not of A-Z a-z 0-9 . _ : -");
        if (!claims.TryGetProperty("iat", out var issued) || issued.ValueKind != JsonValueKind.Number || !issued.TryGetInt64(out var iat) || iat is < 0 or > 253_402_300_799) return Malformed("iat is missing or no whole number of seconds");
        if (iat * 1000 > now + (long)TokenRules.LargestSkew.TotalMilliseconds || iat * 1000 < now - (long)SetReader.Oldest.TotalMilliseconds) return Malformed("iat is in the future or more than 12 hours ago");
        // SSF 1.0 section 4.1.1: with either it could be taken for another kind of token.
        if (claims.TryGetProperty("sub", out _) || claims.TryGetProperty("exp", out _)) return Malformed("sub and exp have no place in a security event token");
        if (!claims.TryGetProperty("events", out var events) || events.ValueKind != JsonValueKind.Object || events.EnumerateObject().ToList() is not [var only]) return Malformed("events is no object with one event");
        if (only.Value.ValueKind != JsonValueKind.Object) return Malformed("the event's payload is no object");
        if (!only.Name.StartsWith(Caep, StringComparison.Ordinal) || !Known.TryGetValue(only.Name[Caep.Length..], out var more)) return new Heard.As(new Alarm(id, Unknown(only.Name), null, null, "a type of event that is not understood here"));
        if (more(only.Value) is not { } kind) return Malformed("the event's payload lacks a member that its type has, or has another form");
        if (!TryTime(only.Value, out var at)) return Malformed("event_timestamp is no number of seconds");
        if (!claims.TryGetProperty("sub_id", out var subject)) return Malformed("sub_id is missing");
        return SubjectIds.Read(subject, out var fault) is { } about
            ? new Heard.As(new Alarm(id, only.Name[Caep.Length..] + kind, at, about.Selector, about.Unknown.Count == 0 ? null : $"not known here: {string.Join(", ", about.Unknown)}"))
            : Malformed(fault!);
    }

    /// <summary>RFC 8417 section 2: a recipient passes over what it does not understand. It is told by its last word.</summary>
    private static string Unknown(string uri) => uri[(uri.LastIndexOf('/') + 1)..] is var word && Text.IsEventId(word) ? $"unknown:{(word.Length > 64 ? word[..64] : word)}" : "unknown";

    private static string? OneOf(JsonElement payload, string name, params string[] words) => payload.Text(name) is { } word && words.Contains(word, StringComparer.Ordinal) ? word : null;

    private static string? Direction(JsonElement payload) => payload.TryGetProperty("change_direction", out _) ? OneOf(payload, "change_direction", "increase", "decrease") is { } way ? $":{way}" : null : "";

    private static bool TryTime(JsonElement payload, out long? at)
    {
        at = null;
        if (!payload.TryGetProperty("event_timestamp", out var value)) return true;
        if (value.ValueKind != JsonValueKind.Number || !value.TryGetDouble(out var seconds) || seconds is < 0 or > 253_402_300_799) return false;
        at = (long)(seconds * 1000);
        return true;
    }

    private static Heard.Refused Malformed(string fault) => SetReader.Refuse("invalid_request", ReasonCodes.RequestMalformed, fault, authentic: true);
}
