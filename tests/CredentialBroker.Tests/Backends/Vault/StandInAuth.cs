using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace CredentialBroker.Backends.Vault;

/// <summary>The stand-in's logins and its token store.</summary>
internal sealed class StandInAuth(StandInState state)
{
    private readonly Dictionary<string, JsonObject> _tokenRoles = [];
    private readonly Dictionary<string, JsonObject> _roles = [];

    /// <summary>Public key that tokens of the <c>jwt</c> login are verified with.</summary>
    public ECDsa? JwtKey { get; set; }

    /// <summary>The service account's token that the <c>kubernetes</c> login takes.</summary>
    public string? ServiceAccount { get; set; }

    /// <summary>Calls that need no token; null when this is none.</summary>
    public StandInReply? LogIn(string path, JsonObject? body)
    {
        var parts = path.Split('/');
        if (parts is not ["auth", var mount, "login"] || !state.Doors.TryGetValue(mount, out var kind)) return null;
        if (body is null) return StandInReply.Refused(405, "unsupported operation");
        state.Only(path, body, kind == "approle" ? ["role_id", "secret_id"] : ["role", "jwt"]);
        var role = kind == "approle"
            ? _roles.Values.FirstOrDefault(one => (string?)one["role_id"] == (string?)body["role_id"] && one["secrets"] is JsonArray secrets && secrets.Any(secret => (string?)secret == (string?)body["secret_id"]))
            : _roles.GetValueOrDefault($"{mount}/{(string?)body["role"]}");
        if (role is null || (kind == "jwt" && !Verified((string?)body["jwt"], role)) || (kind == "kubernetes" && (ServiceAccount is null || (string?)body["jwt"] != ServiceAccount)))
            return StandInReply.Refused(400, "invalid credentials");
        var token = state.NewToken(null, [.. Texts(role, "token_policies"), "default"], null, Seconds(role["token_ttl"]) ?? 3600, renewable: true, Seconds(role["token_max_ttl"]) ?? 7200);
        return StandInReply.Envelope(auth: StandInState.AuthOf(token, (string?)role["token_type"] ?? "service"));
    }

    public StandInReply? Handle(StandInToken caller, string path, JsonObject? body) => path.Split('/') switch
    {
        ["auth", "token", "roles", var name] => TokenRole(name, path, body),
        ["auth", "token", "create", var name] when body is not null => Create(name, path, body),
        ["auth", "token", "lookup-self"] when body is null => StandInReply.Envelope(Data(caller)),
        ["auth", "token", "renew-self"] when body is not null => Renew(caller, body, "increment"),
        ["auth", "token", var call and ("revoke-accessor" or "lookup-accessor" or "renew-accessor")] when body is not null => ByAccessor(call, path, body),
        ["auth", var mount, "role", var name] when state.Doors.ContainsKey(mount) && body is not null => DoorRole(mount, name, path, body),
        ["auth", var mount, "role", var name, "role-id"] when _roles.TryGetValue($"{mount}/{name}", out var role) => StandInReply.Envelope(new JsonObject { ["role_id"] = (string?)role["role_id"] }),
        ["auth", var mount, "role", var name, "secret-id"] when body is not null && _roles.TryGetValue($"{mount}/{name}", out var role) => SecretId(role),
        _ => null,
    };

    private StandInReply TokenRole(string name, string path, JsonObject? body)
    {
        if (body is null) return _tokenRoles.TryGetValue(name, out var found) ? StandInReply.Envelope((JsonObject)found.DeepClone()) : new StandInReply(404, StandInReply.Errors());
        state.Only(path, body, "allowed_policies", "orphan", "renewable", "token_type", "token_no_default_policy", "token_explicit_max_ttl", "token_period", "token_num_uses");
        _tokenRoles[name] = new JsonObject { ["orphan"] = false, ["renewable"] = true, ["token_type"] = "default-service", ["allowed_policies"] = new JsonArray(), ["token_period"] = 0, ["token_num_uses"] = 0 };
        foreach (var (member, value) in body) _tokenRoles[name][member] = value?.DeepClone();
        return StandInReply.Done;
    }

    private StandInReply Create(string name, string path, JsonObject body)
    {
        state.Only(path, body, "policies", "meta", "ttl", "explicit_max_ttl", "num_uses", "renewable", "no_default_policy", "type", "display_name", "entity_alias");
        if (!_tokenRoles.TryGetValue(name, out var role)) return StandInReply.Refused(400, $"unknown role {name}");
        var asked = Texts(body, "policies");
        if (asked.Except(Texts(role, "allowed_policies")).Any()) return StandInReply.Refused(400, "token policies must be subset of the role's allowed policies");
        var max = Seconds(role["token_explicit_max_ttl"]) ?? 86_400;
        IReadOnlyList<string> policies = (bool?)body["no_default_policy"] == true || (bool?)role["token_no_default_policy"] == true ? asked : [.. asked, "default"];
        var token = state.NewToken(
            (bool?)role["orphan"] == true ? null : VaultStandIn.RootToken, policies, (JsonObject?)body["meta"]?.DeepClone(), Math.Min(Seconds(body["ttl"]) ?? 2_764_800, max),
            (bool?)role["renewable"] == true && (bool?)body["renewable"] != false, max);
        return StandInReply.Envelope(auth: StandInState.AuthOf(token, (string?)role["token_type"] == "batch" ? "batch" : "service"));
    }

    private StandInReply ByAccessor(string call, string path, JsonObject body)
    {
        state.Only(path, body, call == "renew-accessor" ? ["accessor", "increment"] : ["accessor"]);
        var token = state.Tokens.Values.FirstOrDefault(one => one.Accessor == (string?)body["accessor"]);
        switch (call)
        {
            case "revoke-accessor" when token is null: return StandInReply.Envelope(warning: "No token found with this accessor");
            case "revoke-accessor": state.RevokeToken(token); return StandInReply.Done;
            case var _ when token is null: return StandInReply.Refused(403, "invalid accessor");
            case "lookup-accessor": return StandInReply.Envelope(Data(token));
            default: return Renew(token, body, "accessor", "increment");
        }
    }

    private StandInReply Renew(StandInToken token, JsonObject body, params string[] known)
    {
        state.Only("renew", body, known);
        if (!token.Renewable) return StandInReply.Refused(400, "lease is not renewable");
        var now = TimeProvider.System.GetUtcNow();
        var last = token.Created.AddSeconds(token.MaxTtl);
        var wanted = now.AddSeconds(Seconds(body["increment"]) ?? 3600);
        token.Expires = wanted < last ? wanted : last;
        return StandInReply.Envelope(auth: StandInState.AuthOf(token));
    }

    private StandInReply DoorRole(string mount, string name, string path, JsonObject body)
    {
        state.Only(path, body, "token_policies", "token_ttl", "token_max_ttl", "token_type", "role_type", "bound_audiences", "bound_subject", "user_claim", "bound_service_account_names", "bound_service_account_namespaces", "secret_id_ttl");
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

    private bool Verified(string? jwt, JsonObject role)
    {
        if (jwt?.Split('.') is not [var header, var payload, var signature] || JwtKey is null) return false;
        if (!JwtKey.VerifyData(Encoding.ASCII.GetBytes($"{header}.{payload}"), Base64Url.DecodeFromChars(signature), HashAlgorithmName.SHA256)) return false;
        var claims = JsonNode.Parse(Base64Url.DecodeFromChars(payload))!;
        return Texts(role, "bound_audiences").Contains((string?)claims["aud"] ?? "") && (string?)claims["sub"] == (string?)role["bound_subject"]
               && (long)claims["exp"]! > TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
    }

    private static JsonObject Data(StandInToken token) => new()
    {
        ["accessor"] = token.Accessor, ["creation_time"] = token.Created.ToUnixTimeSeconds(), ["creation_ttl"] = StandInState.Left(token.Expires),
        ["expire_time"] = token.Expires?.ToString("O", CultureInfo.InvariantCulture), ["meta"] = token.Meta.DeepClone(), ["orphan"] = token.Parent is null,
        ["policies"] = new JsonArray([.. token.Policies.Select(policy => (JsonNode)policy)]), ["renewable"] = token.Renewable, ["ttl"] = StandInState.Left(token.Expires), ["type"] = "service",
    };

    private static List<string> Texts(JsonObject of, string name) => of[name] is JsonArray list ? [.. list.Select(one => (string)one!)] : [];

    /// <summary>Numbers are seconds; texts have a unit, of which the tests use two.</summary>
    public static long? Seconds(JsonNode? value) => value?.GetValueKind() switch
    {
        System.Text.Json.JsonValueKind.Number => (long)value,
        System.Text.Json.JsonValueKind.String when (string)value! is { Length: > 1 } text && text[^1] is 's' or 'h' =>
            long.Parse(((string)value!)[..^1], CultureInfo.InvariantCulture) * (((string)value!)[^1] == 'h' ? 3600 : 1),
        _ => null,
    };
}
