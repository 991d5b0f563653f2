using Microsoft.IdentityModel.JsonWebTokens;

namespace CredentialBroker.Backends.Azure;

/// <summary>An access token, checked for whom it is; whether it is genuine is for the resource that honours it to say.</summary>
/// <param name="DiesBy">UTC milliseconds.</param>
/// <param name="Id">The token's own id, as Entra's sign-in log names it.</param>
internal sealed record AzureToken(string Value, long DiesBy, string Id)
{
    private const int LongestToken = 16 * 1024;

    /// <summary>How far Entra's clock may be ahead.</summary>
    private static readonly TimeSpan Skew = TimeSpan.FromMinutes(1);

    /// <summary>The token, or in a few words why it is none that a lease may have.</summary>
    /// <param name="lives">How long it lives from <paramref name="now"/>, by the answer it came in.</param>
    public static (AzureToken? Token, string? Wrong) Read(string value, string? type, TimeSpan lives, AzureTarget target, AzureIdentity who, string audience, long now)
    {
        if (type is not (null or "" or "Bearer")) return (null, "it is no bearer token");
        // Entra's tokens for Azure are signed, not encrypted; what cannot be read could be anybody's.
        if (value.Length > LongestToken || value.Count(c => c == '.') != 2) return (null, "it does not say whom it is for");
        JsonWebToken token;
        try
        {
            token = new JsonWebToken(value);
        }
        catch (ArgumentException)
        {
            return (null, "it does not say whom it is for");
        }

        if (!Says(token, "tid", target.TenantId)) return (null, "it is of another tenant");
        if (!Says(token, "appid", who.ClientId) && !Says(token, "azp", who.ClientId)) return (null, "it is another identity's");
        // Of some resources the audience is an application's id, which the scope does not tell.
        var resource = audience[..^"/.default".Length].TrimEnd('/');
        if (!token.Audiences.Any(one => one.TrimEnd('/') == resource || AzureNames.IsGuid(one))) return (null, "it is for another resource");
        if (token.ValidTo == default) return (null, "it does not say when it expires");
        var until = Math.Max(new DateTimeOffset(token.ValidTo).ToUnixTimeMilliseconds(), now + (long)lives.TotalMilliseconds);
        if (until <= now) return (null, "it is over already");
        if (until > now + (long)(target.TokenLife + Skew).TotalMilliseconds) return (null, "it lives longer than the target says that tokens do (TokenLife)");
        return (new AzureToken(value, until, token.TryGetPayloadValue<string>("uti", out var id) && id.Length <= 64 ? id : ""), null);
    }

    public override string ToString() => "[token]";

    private static bool Says(JsonWebToken token, string claim, string value) =>
        token.TryGetPayloadValue<string>(claim, out var said) && string.Equals(said, value, StringComparison.OrdinalIgnoreCase);
}
