using System.Text.Json;

namespace CredentialBroker.Attestation;

/// <summary>The times of a token in UTC milliseconds, read before the library sees them and judged after the signature.</summary>
internal sealed record TokenTimes(long? IssuedAt, long? NotBefore, long ExpiresAt)
{
    // The last second of the year 9999, beyond which neither we nor the library can represent a time.
    private const long LastSecond = 253_402_300_799;

    internal static TokenTimes? Read(JsonElement claims, bool needsIssuedAt, out string? fault)
    {
        fault = null;
        if (!TrySeconds(claims, "exp", out var exp) || exp is null)
        {
            fault = "The token's exp is missing or no whole number of seconds.";
        }
        else if (!TrySeconds(claims, "iat", out var iat) || (iat is null && needsIssuedAt))
        {
            fault = "The token's iat is missing or no whole number of seconds.";
        }
        else if (!TrySeconds(claims, "nbf", out var nbf))
        {
            fault = "The token's nbf is no whole number of seconds.";
        }
        else
        {
            return new TokenTimes(iat * 1000, nbf * 1000, exp.Value * 1000);
        }

        return null;
    }

    internal string? Fault(long now, TokenRules rules)
    {
        var skew = (long)rules.Skew.TotalMilliseconds;
        return this switch
        {
            _ when ExpiresAt <= IssuedAt => "The token expires before it was issued.",
            _ when ExpiresAt - (IssuedAt ?? now) > rules.MaxLifetime.TotalMilliseconds => "The token lives longer than its source allows.",
            _ when now >= ExpiresAt + skew => "The token is expired.",
            _ when NotBefore > now + skew => "The token is not valid yet.",
            _ when IssuedAt > now + skew => "The token was issued in the future.",
            _ => null,
        };
    }

    private static bool TrySeconds(JsonElement claims, string name, out long? seconds)
    {
        seconds = null;
        if (!claims.TryGetProperty(name, out var value))
        {
            return true;
        }

        if (value.ValueKind != JsonValueKind.Number || !value.TryGetInt64(out var whole) || whole is < 0 or > LastSecond)
        {
            return false;
        }

        seconds = whole;
        return true;
    }
}
