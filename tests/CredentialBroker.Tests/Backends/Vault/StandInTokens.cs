using System.Globalization;
using System.Text.Json.Nodes;

namespace CredentialBroker.Backends.Vault;

/// <summary>The stand-in's token store.</summary>
internal sealed class StandInTokens(StandInState state)
{
    private readonly Dictionary<string, JsonObject> _tokenRoles = [];

    /// <summary>Every token, of whomever. To be called with <c>sudo</c> only.</summary>
    public StandInReply Accessors() => StandInReply.Envelope(new JsonObject { ["keys"] = new JsonArray([.. state.Tokens.Values.Select(token => (JsonNode)token.Accessor)]) });

    public bool Forget(string role) => _tokenRoles.Remove(role);

    public StandInReply? Handle(StandInToken caller, string path, JsonObject? body) => path.Split('/') switch
    {
        ["auth", "token", "roles", var name] => TokenRole(name, path, body),
        ["auth", "token", "create", var name] when body is not null => Create(name, path, body),
        ["auth", "token", "lookup-self"] when body is null => StandInReply.Envelope(Data(caller)),
        ["auth", "token", "renew-self"] when body is not null => Renew(caller, body, "increment"),
        ["auth", "token", var call and ("revoke-accessor" or "lookup-accessor" or "renew-accessor")] when body is not null => ByAccessor(call, path, body),
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
        var asked = StandInState.Texts(body, "policies");
        if (asked.Except(StandInState.Texts(role, "allowed_policies")).Any()) return StandInReply.Refused(400, "token policies must be subset of the role's allowed policies");
        var max = StandInState.Seconds(role["token_explicit_max_ttl"]) ?? 86_400;
        IReadOnlyList<string> policies = (bool?)body["no_default_policy"] == true || (bool?)role["token_no_default_policy"] == true ? asked : [.. asked, "default"];
        var token = state.NewToken(
            (bool?)role["orphan"] == true ? null : VaultStandIn.RootToken, policies, (JsonObject?)body["meta"]?.DeepClone(), Math.Min(StandInState.Seconds(body["ttl"]) ?? 2_764_800, max),
            (bool?)role["renewable"] == true && (bool?)body["renewable"] != false, max);
        return StandInReply.Envelope(auth: StandInState.AuthOf(token, (string?)role["token_type"] == "batch" ? "batch" : "service"));
    }

    private StandInReply ByAccessor(string call, string path, JsonObject body)
    {
        state.Only(path, body, call == "renew-accessor" ? ["accessor", "increment"] : ["accessor"]);
        var token = state.ByAccessor.GetValueOrDefault((string)body["accessor"]!);
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
        var wanted = now.AddSeconds(StandInState.Seconds(body["increment"]) ?? 3600);
        token.Expires = state.Noted(wanted < last ? wanted : last);
        return StandInReply.Envelope(auth: StandInState.AuthOf(token));
    }

    private static JsonObject Data(StandInToken token) => new()
    {
        ["accessor"] = token.Accessor, ["creation_time"] = token.Created.ToUnixTimeSeconds(), ["creation_ttl"] = StandInState.Left(token.Expires),
        ["expire_time"] = token.Expires?.ToString("O", CultureInfo.InvariantCulture), ["meta"] = token.Meta.DeepClone(), ["orphan"] = token.Parent is null,
        ["policies"] = new JsonArray([.. token.Policies.Select(policy => (JsonNode)policy)]), ["renewable"] = token.Renewable, ["ttl"] = StandInState.Left(token.Expires), ["type"] = "service",
    };
}
