using System.Buffers.Text;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;

namespace CredentialBroker.Backends.Vault;

/// <summary>The stand-in's ways in: who comes by which, with what, and the token that is had there.</summary>
internal sealed class StandInLogins(StandInState state)
{
    private readonly Dictionary<string, JsonObject> _roles = [];
    private readonly Dictionary<string, List<RSA>> _jwtKeys = [];

    /// <summary>The service account's token that the <c>kubernetes</c> login takes.</summary>
    public string? ServiceAccount { get; set; }

    /// <summary>Calls that need no token; null when this is none.</summary>
    public StandInReply? LogIn(StandInRequest request)
    {
        if (request.Path.Split('/') is not ["auth", var mount, "login"] || !state.Doors.TryGetValue(mount, out var kind)) return null;
        if (request.Body is not { } body) return StandInReply.Refused(405, "unsupported operation");
        state.Only(request.Path, body, kind switch { "approle" => ["role_id", "secret_id"], "cert" => ["name"], _ => ["role", "jwt"] });
        var role = kind switch
        {
            "approle" => _roles.Values.FirstOrDefault(one =>
                (string?)one["role_id"] == (string?)body["role_id"] && one["secrets"] is JsonArray secrets && secrets.Any(secret => (string?)secret == (string?)body["secret_id"])),
            "cert" => _roles.FirstOrDefault(one => one.Key.StartsWith($"{mount}/", StringComparison.Ordinal)
                && ((string?)body["name"] is not { } name || one.Key == $"{mount}/{name}") && Trusts(one.Value, request.Certificate)).Value,
            _ => _roles.GetValueOrDefault($"{mount}/{(string?)body["role"]}"),
        };
        if (role is null || (kind == "jwt" && !Verified(mount, (string?)body["jwt"], role)) || (kind == "kubernetes" && (ServiceAccount is null || (string?)body["jwt"] != ServiceAccount)))
            return StandInReply.Refused(400, "invalid credentials");
        var token = state.NewToken(
            null, [.. StandInState.Texts(role, "token_policies"), "default"], null, StandInState.Seconds(role["token_ttl"]) ?? 3600, renewable: true, StandInState.Seconds(role["token_max_ttl"]) ?? 7200);
        return StandInReply.Envelope(auth: StandInState.AuthOf(token, (string?)role["token_type"] ?? "service"));
    }

    public StandInReply? Handle(string path, JsonObject? body) => path.Split('/') switch
    {
        ["auth", var mount, "config"] when Kind(mount) == "jwt" && body is not null => Configure(mount, path, body),
        ["auth", var mount, "role", var name] when Kind(mount) is "approle" or "jwt" or "kubernetes" && body is not null => Role(mount, name, path, body,
            "token_policies", "token_ttl", "token_max_ttl", "token_type", "role_type", "bound_audiences", "bound_subject", "user_claim", "bound_service_account_names", "bound_service_account_namespaces", "secret_id_ttl"),
        ["auth", var mount, "certs", var name] when Kind(mount) == "cert" && body is not null => Role(mount, name, path, body, "certificate", "allowed_common_names", "token_policies", "token_ttl", "token_max_ttl", "token_type"),
        ["auth", var mount, "role", var name, "role-id"] when _roles.TryGetValue($"{mount}/{name}", out var role) => StandInReply.Envelope(new JsonObject { ["role_id"] = (string?)role["role_id"] }),
        ["auth", var mount, "role", var name, "secret-id"] when body is not null && _roles.TryGetValue($"{mount}/{name}", out var role) => SecretId(role),
        _ => null,
    };

    private string? Kind(string mount) => state.Doors.GetValueOrDefault(mount);

    private StandInReply Configure(string mount, string path, JsonObject body)
    {
        state.Only(path, body, "jwt_validation_pubkeys", "jwt_supported_algs", "bound_issuer");
        if (StandInState.Texts(body, "jwt_validation_pubkeys") is not { Count: > 0 } pems) return StandInReply.Refused(400, "exactly one of 'jwt_validation_pubkeys', 'jwks_url' or 'oidc_discovery_url' must be set");
        _jwtKeys[mount] = [.. pems.Select(pem =>
        {
            var key = RSA.Create();
            key.ImportFromPem(pem);
            return key;
        })];
        return StandInReply.Done;
    }

    private StandInReply Role(string mount, string name, string path, JsonObject body, params string[] known)
    {
        state.Only(path, body, known);
        var role = (JsonObject)body.DeepClone();
        role["role_id"] = RandomNumberGenerator.GetHexString(32);
        _roles[$"{mount}/{name}"] = role;
        return StandInReply.Done;
    }

    private static StandInReply SecretId(JsonObject role)
    {
        var id = RandomNumberGenerator.GetHexString(32);
        if (role["secrets"] is JsonArray all) all.Add(id);
        else role["secrets"] = new JsonArray(id);
        return StandInReply.Envelope(new JsonObject { ["secret_id"] = id, ["secret_id_accessor"] = RandomNumberGenerator.GetHexString(32), ["secret_id_ttl"] = 0 });
    }

    /// <summary>A certificate that the role's authority signed for clients, and whose time is not over.</summary>
    private static bool Trusts(JsonObject role, X509Certificate2? shown)
    {
        if (shown is null) return false;
        using var authority = X509Certificate2.CreateFromPem((string)role["certificate"]!);
        using var chain = new X509Chain
        {
            ChainPolicy =
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust, CustomTrustStore = { authority }, RevocationMode = X509RevocationMode.NoCheck,
                ApplicationPolicy = { new Oid("1.3.6.1.5.5.7.3.2") },
            },
        };
        return chain.Build(shown) && (StandInState.Texts(role, "allowed_common_names") is not { Count: > 0 } names || names.Contains(shown.GetNameInfo(X509NameType.SimpleName, forIssuer: false)));
    }

    private bool Verified(string mount, string? jwt, JsonObject role)
    {
        if (jwt?.Split('.') is not [var header, var payload, var signature] || !_jwtKeys.TryGetValue(mount, out var keys)) return false;
        if (!keys.Any(key => key.VerifyData(Encoding.ASCII.GetBytes($"{header}.{payload}"), Base64Url.DecodeFromChars(signature), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1))) return false;
        var claims = JsonNode.Parse(Base64Url.DecodeFromChars(payload))!;
        return StandInState.Texts(role, "bound_audiences").Contains((string?)claims["aud"] ?? "") && (string?)claims["sub"] == (string?)role["bound_subject"]
               && (long)claims["exp"]! > TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
    }
}
