using System.Security.Cryptography;
using System.Text.Json.Nodes;

namespace CredentialBroker.Backends.Vault;

/// <summary>The stand-in's secrets engines, each with the answers that its API page shows.</summary>
internal sealed class StandInEngines(StandInState state)
{
    private readonly Dictionary<string, JsonObject> _config = [];
    private readonly Dictionary<string, StandInPki> _authorities = [];

    public StandInReply? Handle(StandInToken caller, string path, JsonObject? body)
    {
        var parts = path.Split('/');
        if (!state.Mounts.TryGetValue(parts[0], out var kind)) return null;
        return (kind, parts) switch
        {
            ("database", [_, "config", var name]) when body is not null => Keep(path, body, "plugin_name", "connection_url", "allowed_roles", "username", "password", "verify_connection", $"name {name}"),
            ("database", [_, "roles", _]) when body is not null => Keep(path, body, "db_name", "creation_statements", "renew_statements", "revocation_statements", "default_ttl", "max_ttl"),
            ("database", [var mount, "creds", var role]) when body is null && _config.TryGetValue($"{mount}/roles/{role}", out var is_) => Account(caller, path, role, is_),
            ("pki", _) => PkiOf(parts[0]).Handle(caller, path, body),
            ("aws", [_, "sts", _]) when body is not null => Session(caller, path, body),
            ("kubernetes", [_, "creds", _]) when body is not null => ServiceAccount(caller, path, body),
            ("kv", [_, "data", _]) when body is not null => Keep(path, body, "data", "options"),
            ("kv", [_, "data", _]) when _config.TryGetValue(path, out var stored) => StandInReply.Envelope(new JsonObject
            {
                ["data"] = stored["data"]!.DeepClone(), ["metadata"] = new JsonObject { ["version"] = 1, ["destroyed"] = false, ["deletion_time"] = "" },
            }),
            ("database", [_, "creds", _]) => StandInReply.Refused(400, "unknown role"),
            _ => null,
        };
    }

    private StandInReply Keep(string path, JsonObject body, params string[] known)
    {
        state.Only(path, body, known);
        _config[path] = (JsonObject)body.DeepClone();
        return StandInReply.Done;
    }

    private StandInReply Account(StandInToken caller, string path, string role, JsonObject config)
    {
        if (state.AccountsAreDown) return StandInReply.Refused(500, "failed to create user: connection refused");
        var (user, password) = ($"v-token-{role}-{RandomNumberGenerator.GetHexString(20)}", RandomNumberGenerator.GetHexString(40));
        state.Accounts[user] = password;
        var seconds = StandInState.Seconds(config["default_ttl"])!.Value;
        var lease = Lease(caller, path, "database", renewable: true, seconds, StandInState.Seconds(config["max_ttl"])!.Value, user);
        return StandInReply.Envelope(new JsonObject { ["username"] = user, ["password"] = password }, leaseId: lease.Id, renewable: true, duration: seconds);
    }

    private StandInPki PkiOf(string mount) => _authorities.TryGetValue(mount, out var pki) ? pki : _authorities[mount] = new StandInPki(state);

    private StandInReply Session(StandInToken caller, string path, JsonObject body)
    {
        state.Only(path, body, "ttl", "role_arn", "role_session_name", "name");
        var seconds = StandInState.Seconds(body["ttl"])!.Value;
        if (seconds < 900) return StandInReply.Refused(400, "Error assuming role: ValidationError: 1 validation error detected");
        var lease = Lease(caller, path, "aws", renewable: false, seconds, seconds, user: null);
        return StandInReply.Envelope(new JsonObject { ["access_key"] = "ASIA0000", ["secret_key"] = "s", ["security_token"] = "t", ["arn"] = "arn:aws:sts::1:assumed-role/r/s", ["ttl"] = seconds }, leaseId: lease.Id, duration: seconds);
    }

    private StandInReply ServiceAccount(StandInToken caller, string path, JsonObject body)
    {
        state.Only(path, body, "kubernetes_namespace", "cluster_role_binding", "ttl", "audiences");
        var seconds = StandInState.Seconds(body["ttl"])!.Value;
        var lease = Lease(caller, path, "kubernetes", renewable: false, seconds, seconds, user: null);
        return StandInReply.Envelope(
            new JsonObject { ["service_account_name"] = "default", ["service_account_namespace"] = (string?)body["kubernetes_namespace"], ["service_account_token"] = "eyJ" }, leaseId: lease.Id, duration: seconds);
    }

    private StandInLease Lease(StandInToken caller, string path, string engine, bool renewable, long seconds, long max, string? user) =>
        state.NewLease(new StandInLease($"{path}/{RandomNumberGenerator.GetHexString(24)}", caller.Id, engine, renewable, max) { Expires = TimeProvider.System.GetUtcNow().AddSeconds(seconds), User = user });
}
