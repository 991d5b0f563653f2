using System.Security.Cryptography;
using System.Text.Json.Nodes;

namespace CredentialBroker.Backends.Vault;

/// <summary>A token of the stand-in.</summary>
internal sealed record StandInToken(string Id, string Accessor, string? Parent, IReadOnlyList<string> Policies, JsonObject Meta, bool Renewable, long MaxTtl)
{
    public DateTimeOffset Created { get; init; } = TimeProvider.System.GetUtcNow();

    /// <summary>Null for one that never expires.</summary>
    public DateTimeOffset? Expires { get; set; }
}

/// <summary>A lease of the stand-in, ended with its token.</summary>
internal sealed record StandInLease(string Id, string Token, string Engine, bool Renewable, long MaxTtl)
{
    public DateTimeOffset Made { get; } = TimeProvider.System.GetUtcNow();

    public required DateTimeOffset Expires { get; set; }

    /// <summary>The account it stands for.</summary>
    public string? User { get; init; }
}

/// <summary>What the stand-in remembers, and who may ask for what; the calls themselves are in its handlers.</summary>
internal sealed class StandInState
{
    private readonly Lock _lock = new();
    private readonly Action<string> _undocumented;
    private readonly StandInAuth _auth;
    private readonly StandInSystem _system;
    private readonly StandInEngines _engines;

    public StandInState(string rootToken, Action<string> undocumented)
    {
        _undocumented = undocumented;
        Tokens[rootToken] = new StandInToken(rootToken, "rootaccessor", null, ["root"], [], Renewable: false, 0);
        (_auth, _system, _engines) = (new StandInAuth(this), new StandInSystem(this), new StandInEngines(this));
    }

    public Dictionary<string, StandInToken> Tokens { get; } = [];
    public Dictionary<string, StandInLease> Leases { get; } = [];
    public Dictionary<string, string> Accounts { get; } = [];
    public Dictionary<string, JsonObject> Policies { get; } = [];
    /// <summary>Kind of engine by mount.</summary>
    public Dictionary<string, string> Mounts { get; } = [];
    /// <summary>Kind of login by mount.</summary>
    public Dictionary<string, string> Doors { get; } = [];
    public StandInAuth Auth => _auth;

    /// <summary>The one namespace that exists besides the root's.</summary>
    public string? Namespace { get; set; }

    /// <summary>The place where accounts live does not answer, so that none is ended.</summary>
    public bool AccountsAreDown { get; set; }

    /// <summary>An account's password is right; what a database would say.</summary>
    public bool Accepts(string user, string password) => Locked(() => Accounts.TryGetValue(user, out var is_) && is_ == password);

    public T Locked<T>(Func<T> work)
    {
        lock (_lock)
        {
            Sweep();
            return work();
        }
    }

    public StandInReply Handle(string path, string @namespace, string token, JsonObject? body) => Locked(() =>
    {
        if (@namespace != (Namespace ?? "")) return StandInReply.Refused(404, "no handler for route");
        if (_auth.LogIn(path, body) is { } open) return open;
        if (!Tokens.TryGetValue(token, out var caller)) return StandInReply.Refused(403, "permission denied");
        if (!May(caller, path, body is null ? ["read"] : ["update", "create"])) return StandInReply.Refused(403, "permission denied");
        return _auth.Handle(caller, path, body) ?? _system.Handle(path, body) ?? _engines.Handle(caller, path, body) ?? Unknown(path);
    });

    /// <summary>Every member is one that Vault documents for the call.</summary>
    public void Only(string path, JsonObject body, params string[] known)
    {
        foreach (var name in body.Select(member => member.Key).Except(known)) _undocumented($"{path}: {name}");
    }

    public StandInToken NewToken(string? parent, IReadOnlyList<string> policies, JsonObject? meta, long seconds, bool renewable, long maxTtl)
    {
        var token = new StandInToken($"hvs.{RandomNumberGenerator.GetHexString(40)}", RandomNumberGenerator.GetHexString(24), parent, policies, meta ?? [], renewable, maxTtl);
        token.Expires = token.Created.AddSeconds(seconds);
        return Tokens[token.Id] = token;
    }

    public static JsonObject AuthOf(StandInToken token, string type = "service") => new()
    {
        ["client_token"] = token.Id, ["accessor"] = token.Accessor, ["policies"] = new JsonArray([.. token.Policies.Select(policy => (JsonNode)policy)]),
        ["token_policies"] = new JsonArray([.. token.Policies.Select(policy => (JsonNode)policy)]), ["metadata"] = token.Meta.DeepClone(),
        ["lease_duration"] = Left(token.Expires), ["renewable"] = token.Renewable, ["entity_id"] = "", ["token_type"] = type, ["orphan"] = token.Parent is null,
        ["mfa_requirement"] = null, ["num_uses"] = 0,
    };

    public static long Left(DateTimeOffset? expires) => expires is null ? 0 : (long)Math.Round((expires.Value - TimeProvider.System.GetUtcNow()).TotalSeconds);

    /// <summary>The token first, its children, and then all that was read with them; what cannot be ended stays to be tried again.</summary>
    public void RevokeToken(StandInToken token)
    {
        Tokens.Remove(token.Id);
        foreach (var child in Tokens.Values.Where(child => child.Parent == token.Id).ToList()) RevokeToken(child);
        foreach (var lease in Leases.Values.Where(lease => lease.Token == token.Id).ToList()) RevokeLease(lease);
    }

    /// <returns>False where the place of the account did not confirm.</returns>
    public bool RevokeLease(StandInLease lease)
    {
        if (lease.User is not null && AccountsAreDown) return false;
        if (lease.User is { } user) Accounts.Remove(user);
        return Leases.Remove(lease.Id);
    }

    private void Sweep()
    {
        var now = TimeProvider.System.GetUtcNow();
        foreach (var token in Tokens.Values.Where(token => token.Expires <= now).ToList()) RevokeToken(token);
        foreach (var lease in Leases.Values.Where(lease => lease.Expires <= now).ToList()) RevokeLease(lease);
    }

    private bool May(StandInToken caller, string path, string[] capabilities)
    {
        if (caller.Policies.Contains("root")) return true;
        if (path is "auth/token/lookup-self" or "auth/token/renew-self" && caller.Policies.Contains("default")) return true;
        return caller.Policies.Select(name => Policies.GetValueOrDefault(name)).OfType<JsonObject>().SelectMany(policy => policy["path"]!.AsObject())
            .Any(rule => Covers(rule.Key, path) && rule.Value!["capabilities"]!.AsArray().Any(one => capabilities.Contains((string?)one)));
    }

    private static bool Covers(string rule, string path) => rule.EndsWith('*') ? path.StartsWith(rule[..^1], StringComparison.Ordinal) : rule == path;

    private StandInReply Unknown(string path)
    {
        _undocumented(path);
        return StandInReply.Refused(404, "no handler for route");
    }
}
