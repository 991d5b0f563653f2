using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace CredentialBroker.Backends.Gcp;

/// <summary>The Security Token Service: exchanges a pool's external tokens, and puts access boundaries around Google's own.</summary>
internal sealed partial class StandInSts(GcpStandInState state) : IDisposable
{
    private const string Jwt = "urn:ietf:params:oauth:token-type:jwt";
    private const string AccessToken = "urn:ietf:params:oauth:token-type:access_token";
    private static readonly string[] Known = ["grant_type", "audience", "scope", "requested_token_type", "subject_token", "subject_token_type", "options"];
    private readonly HttpClient _http = new();

    /// <summary>The issuer that the pool's provider trusts.</summary>
    public string? Issuer { get; set; }

    /// <summary>Its key set, where it is not asked for it.</summary>
    public Func<string>? Keys { get; set; }

    /// <summary>Subjects of what was exchanged, in order.</summary>
    public List<string> Subjects { get; } = [];

    /// <summary>Keys of service accounts that log in with one, by e-mail address.</summary>
    public Dictionary<string, RSA> AccountKeys { get; } = [];

    /// <summary>The token endpoint that a service account's key file names: a token for an assertion signed with the key.</summary>
    public async Task<GcpStandInReply> SignedAsync(HttpRequest request, string body)
    {
        using var reader = new FormReader(body);
        var form = reader.ReadForm();
        if (request.Method != "POST" || form["grant_type"] != "urn:ietf:params:oauth:grant-type:jwt-bearer") return state.Unknown(request);
        var assertion = form["assertion"].ToString();
        var token = new JsonWebToken(assertion);
        if (!AccountKeys.TryGetValue(token.Issuer, out var key)) return GcpStandInReply.TokenError("invalid_grant", "Invalid grant: account not found");
        var validated = await new JsonWebTokenHandler().ValidateTokenAsync(assertion, new TokenValidationParameters
        {
            IssuerSigningKey = new RsaSecurityKey(key.ExportParameters(includePrivateParameters: false)), ValidateIssuer = false, ValidAudience = "https://oauth2.googleapis.com/token", ValidAlgorithms = ["RS256"],
        });
        if (!validated.IsValid) return GcpStandInReply.TokenError("invalid_grant", "Invalid JWT Signature.");
        return state.Locked(() => new GcpStandInReply(200, new JsonObject
        {
            ["access_token"] = state.NewToken(new StandInGoogleToken([$"serviceAccount:{token.Issuer}"], token.GetPayloadValue<string>("scope").Split(' '), state.Now.AddSeconds(3599))), ["expires_in"] = 3599, ["token_type"] = "Bearer",
        }));
    }

    public async Task<GcpStandInReply> ExchangeAsync(HttpRequest request, string body)
    {
        if (request.Method != "POST" || request.ContentType?.StartsWith("application/x-www-form-urlencoded", StringComparison.Ordinal) != true) return state.Unknown(request);
        // The documentation says that this header can make the request fail; here it does.
        if (request.Headers.Authorization.Count > 0) return GcpStandInReply.TokenError("invalid_request", "Authorization header is not allowed");
        using var reader = new FormReader(body);
        var form = reader.ReadForm();
        foreach (var name in form.Keys.Except(Known)) state.Undocumented($"token: {name}");
        string One(string name) => form.TryGetValue(name, out var value) ? value.ToString() : "";
        if (One("grant_type") != "urn:ietf:params:oauth:grant-type:token-exchange") return GcpStandInReply.TokenError("unsupported_grant_type", "Invalid value for \"grant_type\".");
        if (One("requested_token_type") != AccessToken) return GcpStandInReply.TokenError("invalid_request", "Invalid value for \"requested_token_type\".");
        return One("subject_token_type") switch
        {
            Jwt => await FederateAsync(One("subject_token"), One("audience"), One("scope"), form.ContainsKey("options")),
            AccessToken => state.Locked(() => Bound(One("subject_token"), One("options"))),
            _ => GcpStandInReply.TokenError("invalid_request", "Invalid value for \"subject_token_type\"."),
        };
    }

    public void Dispose() => _http.Dispose();

    private async Task<GcpStandInReply> FederateAsync(string subject, string audience, string scope, bool options)
    {
        if (audience != GcpStandInState.Provider) return GcpStandInReply.TokenError("invalid_target", "The target service indicated by the \"audience\" parameters is invalid.");
        if (scope.Length == 0) return GcpStandInReply.TokenError("invalid_scope", "Scope is required.");
        if (options) state.Undocumented("options with an external credential");
        if (Issuer is null || new JsonWebToken(subject) is not { } token || token.Issuer != Issuer) return GcpStandInReply.TokenError("invalid_grant", "The issuer in ID Token does not match the expected ones.");
        var keys = Keys is not null ? Keys() : await FetchAsync(Issuer);
        var validated = await new JsonWebTokenHandler().ValidateTokenAsync(subject, new TokenValidationParameters
        {
            IssuerSigningKeys = new JsonWebKeySet(keys).GetSigningKeys(), ValidIssuer = Issuer, ValidAudiences = [GcpStandInState.Provider, $"https:{GcpStandInState.Provider}"],
            ValidAlgorithms = ["RS256", "ES256"], RequireExpirationTime = true,
            LifetimeValidator = (from, until, _, _) => from <= state.Now.UtcDateTime.AddSeconds(5) && until > state.Now.UtcDateTime && until - from < TimeSpan.FromHours(24),
        });
        if (!validated.IsValid) return GcpStandInReply.TokenError("invalid_grant", "The given credential is rejected by the attribute condition or could not be verified.");
        if (token.Subject.Length is 0 or > 127 || !token.TryGetPayloadValue<string>("group", out var group)) return GcpStandInReply.TokenError("invalid_grant", "The mapped attribute is missing or too long.");
        return state.Locked(() =>
        {
            Subjects.Add(token.Subject);
            var members = new[] { $"principal://iam.googleapis.com/{GcpStandInState.Pool}/subject/{token.Subject}", $"principalSet://iam.googleapis.com/{GcpStandInState.Pool}/attribute.group/{group}" };
            return Issued(new StandInGoogleToken(members, scope.Split(' '), state.Now.AddSeconds(3599)), tellsLife: true);
        });
    }

    /// <summary>As the issuer publishes them, through its discovery document.</summary>
    private async Task<string> FetchAsync(string issuer)
    {
        using var discovery = JsonDocument.Parse(await _http.GetStringAsync($"{issuer}/.well-known/openid-configuration"));
        return await _http.GetStringAsync(discovery.RootElement.GetProperty("jwks_uri").GetString());
    }

    private GcpStandInReply Bound(string subject, string options)
    {
        if (state.Find(subject) is not { } token) return GcpStandInReply.TokenError("invalid_grant", "The access token is invalid.");
        if (options.Length > 2048 || GcpStandInState.Parse(options)?["accessBoundary"] is not JsonObject boundary || boundary["accessBoundaryRules"] is not JsonArray { Count: > 0 and <= 10 } rules)
            return GcpStandInReply.TokenError("invalid_request", "Invalid value for \"options\".");
        foreach (var rule in rules.Select(rule => rule!.AsObject()))
        {
            foreach (var name in rule.Select(member => member.Key).Except(["availableResource", "availablePermissions", "availabilityCondition"])) state.Undocumented($"rule: {name}");
            if (!Bucket().IsMatch((string?)rule["availableResource"] ?? "") || rule["availablePermissions"] is not JsonArray { Count: > 0 } permissions || permissions.Any(one => !((string)one!).StartsWith("inRole:", StringComparison.Ordinal)))
                return GcpStandInReply.TokenError("invalid_request", "Invalid access boundary.");
            if (rule["availabilityCondition"] is JsonObject condition && StandInStorage.PrefixOf(condition) is null) return GcpStandInReply.TokenError("invalid_request", "Invalid condition.");
        }

        // Absent where what was exchanged was short-lived itself: the new one ends with it.
        return Issued(token with { Boundary = boundary.DeepClone().AsObject() }, tellsLife: false);
    }

    private GcpStandInReply Issued(StandInGoogleToken token, bool tellsLife)
    {
        var reply = new JsonObject { ["access_token"] = state.NewToken(token), ["issued_token_type"] = AccessToken, ["token_type"] = "Bearer" };
        if (tellsLife) reply["expires_in"] = (long)(token.Expires - state.Now).TotalSeconds;
        return new GcpStandInReply(200, reply);
    }

    [GeneratedRegex(@"^//storage\.googleapis\.com/projects/_/buckets/[a-z0-9._-]{3,63}\z")]
    private static partial Regex Bucket();
}
