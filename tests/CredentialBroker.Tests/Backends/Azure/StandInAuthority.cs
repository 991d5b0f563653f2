using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace CredentialBroker.Backends.Azure;

/// <summary>Entra's token endpoint for client credentials: with a secret, or with a federated issuer's token, whose keys it fetches.</summary>
internal sealed class StandInAuthority(AzureStandInState state) : IDisposable
{
    private const string AssertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
    private static readonly string[] Known = ["client_id", "scope", "grant_type", "client_secret", "client_assertion", "client_assertion_type", "client_info"];
    private readonly HttpClient _http = new();
    private readonly byte[] _key = RandomNumberGenerator.GetBytes(32);

    /// <summary>Key sets of issuers that are not asked for theirs.</summary>
    public Dictionary<string, Func<string>> Keys { get; } = [];

    /// <summary>What the tokens say; a test changes it.</summary>
    public Action<JsonObject> Saying { get; set; } = _ => { };

    /// <summary>Seconds that a token lives: Entra picks 60 to 90 minutes.</summary>
    public Func<int> Life { get; set; } = () => RandomNumberGenerator.GetInt32(3600, 5400);

    /// <summary>Every assertion shown, in order.</summary>
    public List<string> Assertions { get; } = [];

    public async Task<AzureStandInReply> TokenAsync(HttpRequest request, string body)
    {
        if (request.Method != "POST" || request.ContentType?.StartsWith("application/x-www-form-urlencoded", StringComparison.Ordinal) != true) return state.Unknown(request);
        using var reader = new FormReader(body);
        var form = reader.ReadForm();
        foreach (var name in form.Keys.Except(Known)) state.Undocumented($"token: {name}");
        string One(string name) => form.TryGetValue(name, out var value) ? value.ToString() : "";
        if (One("grant_type") != "client_credentials") return AzureStandInReply.TokenError(400, "unsupported_grant_type", 70003, "The app requested an unsupported grant type.");
        if (state.Locked(() => state.Applications.GetValueOrDefault(One("client_id"))) is not { } application)
            return AzureStandInReply.TokenError(400, "unauthorized_client", 700016, "Application was not found in the directory.");
        if (!One("scope").EndsWith("/.default", StringComparison.Ordinal) || One("scope").Contains(' ', StringComparison.Ordinal))
            return AzureStandInReply.TokenError(400, "invalid_scope", 1002012, "The provided value for scope is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier.");
        var refused = form.ContainsKey("client_assertion") ? await AssertedAsync(application, One("client_assertion_type"), One("client_assertion")) : Secret(application, One("client_secret"));
        return refused ?? state.Locked(() => Grant(application, One("scope")[..^"/.default".Length]));
    }

    /// <summary>As a machine has it for an identity assigned to it, without showing anything; null where nobody has that id.</summary>
    public JsonObject? Assigned(string client, string resource) => state.Locked(() => state.Applications.TryGetValue(client, out var application) ? Grant(application, resource).Body as JsonObject : null);

    public void Dispose() => _http.Dispose();

    private AzureStandInReply? Secret(StandInApplication application, string secret) => state.Locked(() =>
    {
        if (application.Passwords.FirstOrDefault(one => one.Text == secret) is not { } password)
            return AzureStandInReply.TokenError(401, "invalid_client", 7000215, "Invalid client secret provided.");
        return password.Ends <= state.Now ? AzureStandInReply.TokenError(401, "invalid_client", 7000222, "The provided client secret keys are expired.") : null;
    });

    private async Task<AzureStandInReply?> AssertedAsync(StandInApplication application, string type, string assertion)
    {
        state.Locked(() =>
        {
            Assertions.Add(assertion);
            return true;
        });
        if (type != AssertionType) return AzureStandInReply.TokenError(400, "invalid_request", 900144, "The request body must contain the parameter client_assertion_type.");
        var token = new JsonWebToken(assertion);
        if (await KeysOfAsync(token.Issuer) is not { } keys) return AzureStandInReply.TokenError(401, "invalid_client", 50166, "Request to External OIDC endpoint failed.");
        var validated = await new JsonWebTokenHandler().ValidateTokenAsync(assertion, new TokenValidationParameters
        {
            IssuerSigningKeys = new JsonWebKeySet(keys).GetSigningKeys(), ValidateIssuer = false, ValidateAudience = false, RequireSignedTokens = true, RequireExpirationTime = true,
            // The one algorithm that Entra documents for federated credentials.
            ValidAlgorithms = ["RS256"], ClockSkew = TimeSpan.Zero,
            LifetimeValidator = (from, until, _, _) => from <= state.Now.UtcDateTime.AddSeconds(5) && until > state.Now.UtcDateTime,
        });
        if (!validated.IsValid) return AzureStandInReply.TokenError(401, "invalid_client", 700027, "The certificate with identifier used to sign the client assertion is not registered on application.");
        if (!application.FederatedCredentials.Any(one => one.Issuer == token.Issuer)) return AzureStandInReply.TokenError(401, "invalid_client", 700211, "No matching federated identity record found for presented assertion issuer.");
        if (!application.FederatedCredentials.Any(one => one.Issuer == token.Issuer && one.Subject == token.Subject)) return AzureStandInReply.TokenError(401, "invalid_client", 700213, "No matching federated identity record found for presented assertion subject.");
        return application.FederatedCredentials.Any(one => one.Issuer == token.Issuer && one.Subject == token.Subject && token.Audiences.SequenceEqual([one.Audience]))
            ? null
            : AzureStandInReply.TokenError(401, "invalid_client", 700212, "No matching federated identity record found for presented assertion audience.");
    }

    /// <summary>As the issuer publishes them, through its discovery document.</summary>
    private async Task<string?> KeysOfAsync(string issuer)
    {
        if (Keys.TryGetValue(issuer, out var known)) return known();
        if (!Uri.TryCreate(issuer, UriKind.Absolute, out _)) return null;
        using var discovery = JsonDocument.Parse(await _http.GetStringAsync($"{issuer}/.well-known/openid-configuration"));
        return await _http.GetStringAsync(discovery.RootElement.GetProperty("jwks_uri").GetString());
    }

    private AzureStandInReply Grant(StandInApplication application, string resource)
    {
        var (now, life) = (state.Now.ToUnixTimeSeconds(), Life());
        var claims = new JsonObject
        {
            ["aud"] = resource, ["iss"] = $"https://sts.windows.net/{AzureStandInState.Tenant}/", ["iat"] = now, ["nbf"] = now, ["exp"] = now + life, ["appid"] = application.ClientId, ["appidacr"] = "2",
            ["idp"] = $"https://sts.windows.net/{AzureStandInState.Tenant}/", ["oid"] = application.PrincipalId, ["sub"] = application.PrincipalId, ["tid"] = AzureStandInState.Tenant,
            ["uti"] = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(16)), ["ver"] = "1.0",
        };
        Saying(claims);
        var head = Base64Url.EncodeToString("""{"typ":"JWT","alg":"HS256","kid":"stand-in"}"""u8) + "." + Base64Url.EncodeToString(Encoding.UTF8.GetBytes(claims.ToJsonString()));
        var token = $"{head}.{Base64Url.EncodeToString(HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes(head)))}";
        state.Tokens[token] = new StandInToken(application.ClientId, application.PrincipalId, resource.TrimEnd('/'), DateTimeOffset.FromUnixTimeSeconds(now + life));
        return new AzureStandInReply(200, new JsonObject { ["token_type"] = "Bearer", ["expires_in"] = life, ["ext_expires_in"] = life, ["access_token"] = token });
    }
}
