using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace CredentialBroker.Backends.Vault;

/// <summary>A token of the stand-in.</summary>
internal sealed record StandInToken(string Id, string Accessor, string? Parent, IReadOnlyList<string> Policies, JsonObject Meta, bool Renewable, long MaxTtl)
{
    public DateTimeOffset Created { get; init; } = TimeProvider.System.GetUtcNow();

    /// <summary>Null for one that never expires.</summary>
    public DateTimeOffset? Expires { get; set; }

    public List<StandInToken> Children { get; } = [];

    /// <summary>What was read with it.</summary>
    public List<StandInLease> Read { get; } = [];
}

/// <summary>A lease of the stand-in, ended with its token.</summary>
internal sealed record StandInLease(string Id, string Token, string Engine, bool Renewable, long MaxTtl)
{
    public DateTimeOffset Made { get; } = TimeProvider.System.GetUtcNow();

    public required DateTimeOffset Expires { get; set; }

    /// <summary>The account it stands for.</summary>
    public string? User { get; init; }

    /// <summary>What else its end does.</summary>
    public Action? AtEnd { get; init; }
}

/// <summary>What the stand-in remembers, and who may ask for what; the calls themselves are in its handlers.</summary>
internal sealed class StandInState
{
    private const string Accessors = "auth/token/accessors";
    private readonly Lock _lock = new();
    private DateTimeOffset _sweepAt = DateTimeOffset.MaxValue;
    private readonly Action<string> _undocumented;
    private readonly StandInLogins _logins;
    private readonly StandInTokens _tokens;
    private readonly StandInSystem _system;
    private readonly StandInEngines _engines;

    public StandInState(string rootToken, Action<string> undocumented)
    {
        _undocumented = undocumented;
        Tokens[rootToken] = ByAccessor["rootaccessor"] = new StandInToken(rootToken, "rootaccessor", null, ["root"], [], Renewable: false, 0);
        (_logins, _tokens, _system, _engines) = (new StandInLogins(this), new StandInTokens(this), new StandInSystem(this), new StandInEngines(this));
    }

    public Dictionary<string, StandInToken> Tokens { get; } = [];
    public Dictionary<string, StandInToken> ByAccessor { get; } = [];
    public Dictionary<string, StandInLease> Leases { get; } = [];
    public Dictionary<string, string> Accounts { get; } = [];
    public Dictionary<string, JsonObject> Policies { get; } = [];
    /// <summary>Kind of engine by mount.</summary>
    public Dictionary<string, string> Mounts { get; } = [];
    /// <summary>Kind of login by mount.</summary>
    public Dictionary<string, string> Doors { get; } = [];
    public StandInLogins Logins => _logins;

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

    public StandInReply Handle(StandInRequest request) => Locked(() =>
    {
        if (request.Namespace != (Namespace ?? "")) return StandInReply.Refused(404, "no handler for route");
        if (_logins.LogIn(request) is { } open) return open;
        if (!Tokens.TryGetValue(request.Token, out var caller)) return StandInReply.Refused(403, "permission denied");
        var (path, body) = (request.Path, request.Body);
        if (!May(caller, path, request.Operation) || (path == Accessors && !May(caller, path, "sudo"))) return StandInReply.Refused(403, "permission denied");
        return request.Operation switch
        {
            StandInRequest.List => path == Accessors ? _tokens.Accessors() : Unknown($"LIST {path}"),
            StandInRequest.Delete => Remove(path.Split('/')) ?? Unknown($"DELETE {path}"),
            _ => _tokens.Handle(caller, path, body) ?? _logins.Handle(path, body) ?? _system.Handle(path, body) ?? _engines.Handle(caller, path, body) ?? Unknown(path),
        };
    });

    /// <summary>Removing what is not there succeeds; with an engine all that it made is ended.</summary>
    private StandInReply? Remove(string[] path)
    {
        switch (path)
        {
            case ["sys", "policies", "acl", var name]: Policies.Remove(name); break;
            case ["auth", "token", "roles", var name]: _tokens.Forget(name); break;
            case ["sys", "auth", var mount]: Doors.Remove(mount); break;
            case ["sys", "mounts", var mount]:
                foreach (var lease in Leases.Values.Where(lease => lease.Id.StartsWith($"{mount}/", StringComparison.Ordinal)).ToList()) RevokeLease(lease);
                Mounts.Remove(mount);
                break;
            default: return null;
        }

        return StandInReply.Done;
    }

    /// <summary>Every member is one that Vault documents for the call.</summary>
    public void Only(string path, JsonObject body, params string[] known)
    {
        foreach (var name in body.Select(member => member.Key).Except(known)) _undocumented($"{path}: {name}");
    }

    public StandInToken NewToken(string? parent, IReadOnlyList<string> policies, JsonObject? meta, long seconds, bool renewable, long maxTtl)
    {
        var token = new StandInToken($"hvs.{RandomNumberGenerator.GetHexString(40)}", RandomNumberGenerator.GetHexString(24), parent, policies, meta ?? [], renewable, maxTtl);
        token.Expires = Noted(token.Created.AddSeconds(seconds));
        if (parent is not null) Tokens[parent].Children.Add(token);
        return Tokens[token.Id] = ByAccessor[token.Accessor] = token;
    }

    public StandInLease NewLease(StandInLease lease)
    {
        Noted(lease.Expires);
        Tokens[lease.Token].Read.Add(lease);
        return Leases[lease.Id] = lease;
    }

    /// <summary>Every time at which something expires passes here, so that it is looked for only then.</summary>
    public DateTimeOffset Noted(DateTimeOffset expires)
    {
        if (expires < _sweepAt) _sweepAt = expires;
        return expires;
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
        ByAccessor.Remove(token.Accessor);
        foreach (var child in token.Children) RevokeToken(child);
        foreach (var lease in token.Read) RevokeLease(lease);
    }

    /// <returns>False where the place of the account did not confirm.</returns>
    public bool RevokeLease(StandInLease lease)
    {
        if (lease.User is not null && AccountsAreDown) return false;
        if (lease.User is { } user) Accounts.Remove(user);
        if (!Leases.Remove(lease.Id)) return true;
        lease.AtEnd?.Invoke();
        return true;
    }

    private void Sweep()
    {
        var now = TimeProvider.System.GetUtcNow();
        if (now < _sweepAt) return;
        foreach (var token in Tokens.Values.Where(token => token.Expires <= now).ToList()) RevokeToken(token);
        foreach (var lease in Leases.Values.Where(lease => lease.Expires <= now).ToList()) RevokeLease(lease);
        // What could not be ended is tried again at the next look.
        _sweepAt = Leases.Values.Select(lease => lease.Expires).Concat(Tokens.Values.Select(token => token.Expires ?? DateTimeOffset.MaxValue)).Min();
    }

    private bool May(StandInToken caller, string path, string capability)
    {
        if (caller.Policies.Contains("root")) return true;
        if (path is "auth/token/lookup-self" or "auth/token/renew-self" && caller.Policies.Contains("default")) return true;
        return caller.Policies.Select(name => Policies.GetValueOrDefault(name)).OfType<JsonObject>().SelectMany(policy => policy["path"]!.AsObject())
            .Any(rule => Covers(rule.Key, path) && rule.Value!["capabilities"]!.AsArray().Any(one => (string?)one == capability || (capability == StandInRequest.Update && (string?)one == "create")));
    }

    private static bool Covers(string rule, string path) => rule.EndsWith('*') ? path.StartsWith(rule[..^1], StringComparison.Ordinal) : rule == path;

    private StandInReply Unknown(string path)
    {
        _undocumented(path);
        return StandInReply.Refused(404, "no handler for route");
    }

    public static List<string> Texts(JsonObject of, string name) => of[name] is JsonArray list ? [.. list.Select(one => (string)one!)] : [];

    /// <summary>Numbers are seconds; texts have a unit, of which the tests use two.</summary>
    public static long? Seconds(JsonNode? value) => value?.GetValueKind() switch
    {
        JsonValueKind.Number => (long)value,
        JsonValueKind.String when (string)value! is { Length: > 1 } text && text[^1] is 's' or 'h' =>
            long.Parse(((string)value!)[..^1], CultureInfo.InvariantCulture) * (((string)value!)[^1] == 'h' ? 3600 : 1),
        _ => null,
    };
}
