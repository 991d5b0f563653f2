using System.Globalization;
using CredentialBroker.Backends.Wires;

namespace CredentialBroker.Backends.Gcp;

/// <summary>An access token of Google; it names nobody, and only Google can read it.</summary>
/// <param name="DiesBy">UTC milliseconds.</param>
internal sealed record GcpToken(string Value, long DiesBy)
{
    private const int LongestToken = 16 * 1024;
    private const string AccessTokenType = "urn:ietf:params:oauth:token-type:access_token";

    /// <summary>Of the token service; <paramref name="source"/> is what was exchanged, where its life is the new one's.</summary>
    public static (GcpToken? Token, string? Wrong) OfExchange(WireAnswer answer, GcpToken? source, TimeSpan most, long now)
    {
        if (answer.Json is not { } json || json.Text("access_token") is not { } value || !IsToken(value)) return (null, "the answer has no token");
        if (json.Text("token_type") is not { } type || !type.Equals("Bearer", StringComparison.OrdinalIgnoreCase)) return (null, "it is no bearer token");
        if (json.Text("issued_token_type") != AccessTokenType) return (null, "it is no access token");
        var until = json.Seconds("expires_in") is { } seconds ? now + (seconds * 1000) : source?.DiesBy;
        return until is null ? (null, "the answer does not say when it expires") : Bounded(value, until.Value, most, now);
    }

    /// <summary>Of the IAM credentials API.</summary>
    public static (GcpToken? Token, string? Wrong) OfAccount(WireAnswer answer, TimeSpan most, long now)
    {
        if (answer.Json is not { } json || json.Text("accessToken") is not { } value || !IsToken(value)) return (null, "the answer has no token");
        return DateTimeOffset.TryParse(json.Text("expireTime"), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var until)
            ? Bounded(value, until.ToUnixTimeMilliseconds(), most, now)
            : (null, "the answer does not say when it expires");
    }

    public override string ToString() => "[token]";

    private static (GcpToken? Token, string? Wrong) Bounded(string value, long until, TimeSpan most, long now) =>
        until <= now ? (null, "it is over already") : until > now + (long)most.TotalMilliseconds ? (null, "it lives longer than was asked, or than the target says that tokens do (TokenLife)") : (new GcpToken(value, until), null);

    private static bool IsToken(string value) => value.Length <= LongestToken && !value.Any(c => c is <= ' ' or > '~');
}
