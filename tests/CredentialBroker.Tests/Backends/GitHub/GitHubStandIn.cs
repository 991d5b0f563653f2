using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace CredentialBroker.Backends.GitHub;

/// <summary>A token of the stand-in, as it was asked for.</summary>
internal sealed record StandInInstallationToken(string Token, JsonObject Permissions, IReadOnlyList<long> Repositories, DateTimeOffset Expires)
{
    public bool IsRevoked { get; set; }
}

/// <summary>
/// A stand-in for GitHub's REST API, written from its documentation and no part of GitHub: it verifies the App's token with
/// the App's public key, gives tokens for an hour and no more than the installation has, ends them by themselves, and
/// answers in GitHub's shapes. Whatever is not documented, or not used here, is refused and noted.
/// </summary>
internal sealed class GitHubStandIn(TimeProvider clock, RSA appKey) : StandInServer
{
    public const string AppId = "4711";
    public const long Installation = 99;
    private readonly Lock _lock = new();
    private readonly List<StandInInstallationToken> _tokens = [];

    /// <summary>What the installation has.</summary>
    public Dictionary<long, string> Repositories { get; } = new() { [101] = "shop", [102] = "web" };

    public Dictionary<string, string> Permissions { get; } = new() { ["contents"] = "write", ["issues"] = "read", ["metadata"] = "read" };

    /// <summary>Below which everything is, as on an Enterprise server.</summary>
    public string Base { get; set; } = "";

    public bool RateLimited { get; set; }

    /// <summary>Says that a token is revoked and goes on taking it.</summary>
    public bool EndsNothing { get; set; }

    public IReadOnlyList<StandInInstallationToken> Tokens
    {
        get
        {
            lock (_lock) return [.. _tokens];
        }
    }

    public static async Task<GitHubStandIn> StartAsync(TimeProvider clock, RSA appKey)
    {
        var standIn = new GitHubStandIn(clock, appKey);
        await standIn.StartAsync();
        return standIn;
    }

    public bool Takes(string token)
    {
        lock (_lock) return Find(token) is not null;
    }

    protected override StandInAnswer Answer(HttpRequest request, string path, byte[] body)
    {
        lock (_lock)
        {
            if (request.Headers.UserAgent.Count == 0) return Message(403, "Request forbidden by administrative rules. Please make sure your request has a User-Agent header.");
            if (request.Headers["X-GitHub-Api-Version"] != "2022-11-28" || request.Headers.Accept != "application/vnd.github+json") Undocumented.Enqueue("version or media type");
            var reset = clock.GetUtcNow().AddMinutes(10).ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
            if (RateLimited) return Message(403, "API rate limit exceeded for installation ID 99.") with { Headers = [("x-ratelimit-limit", "5000"), ("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", reset)] };
            var shown = request.Headers.Authorization.ToString().Split(' ') is ["Bearer", var token] ? token : "";
            if (!path.StartsWith(Base, StringComparison.Ordinal)) return Message(404, "Not Found");
            return (request.Method, path[Base.Length..].Split('/')[1..]) switch
            {
                ("POST", ["app", "installations", var id, "access_tokens"]) => IsApp(shown)
                    ? id == Installation.ToString(CultureInfo.InvariantCulture) ? Create(ObjectOf(body), request) : Message(404, "Not Found")
                    : Message(401, "A JSON web token could not be decoded"),
                ("DELETE", ["installation", "token"]) => Revoke(shown),
                ("GET", ["installation", "repositories"]) when request.QueryString.Value == "?per_page=1" => Find(shown) is { } found
                    ? new StandInAnswer(200, new JsonObject { ["total_count"] = found.Repositories.Count, ["repositories"] = new JsonArray(Describe(found.Repositories[0])) })
                    : Message(401, "Bad credentials"),
                _ => Unknown($"{request.Method} {path}"),
            };
        }
    }

    private StandInAnswer Create(JsonObject? asked, HttpRequest request)
    {
        if (asked is null) return Message(400, "Problems parsing JSON");
        Only("access_tokens", asked, "repositories", "repository_ids", "permissions");
        var repositories = ((JsonArray?)asked["repository_ids"])?.Select(one => (long)one!).ToList() ?? [.. Repositories.Keys];
        if (repositories.Any(id => !Repositories.ContainsKey(id))) return Message(422, "There is at least one repository that does not exist or is not accessible to the parent installation.");
        var permissions = (JsonObject?)asked["permissions"]?.DeepClone() ?? new JsonObject(Permissions.Select(one => KeyValuePair.Create<string, JsonNode?>(one.Key, one.Value)));
        if (permissions.Any(one => GitHubNames.LevelOf((string?)one.Value) > GitHubNames.LevelOf(Permissions.GetValueOrDefault(one.Key)))) return Message(422, "The permissions requested are not granted to this installation.");
        permissions["metadata"] = "read";
        var expires = DateTimeOffset.FromUnixTimeSeconds(clock.GetUtcNow().AddHours(1).ToUnixTimeSeconds());
        var text = $"ghs_{RandomNumberGenerator.GetString("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", 36)}";
        if (request.Headers["X-GitHub-Stateless-S2S-Token"] == "enabled") text = $"ghs_{AppId}_{Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(40))}.{Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(250))}.{Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(64))}";
        var made = new StandInInstallationToken(text, permissions, repositories, expires);
        _tokens.Add(made);
        return new StandInAnswer(201, new JsonObject
        {
            ["token"] = text, ["expires_at"] = expires.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture), ["permissions"] = permissions.DeepClone(),
            ["repository_selection"] = "selected", ["repositories"] = new JsonArray([.. repositories.Select(Describe)]),
        });
    }

    private StandInAnswer Revoke(string shown)
    {
        if (Find(shown) is not { } found) return Message(401, "Bad credentials");
        found.IsRevoked = !EndsNothing;
        return new StandInAnswer(204);
    }

    private StandInInstallationToken? Find(string token) => _tokens.SingleOrDefault(one => one.Token == token && !one.IsRevoked && one.Expires > clock.GetUtcNow());

    private JsonNode Describe(long id) => new JsonObject { ["id"] = id, ["name"] = Repositories[id], ["full_name"] = $"octo/{Repositories[id]}", ["private"] = true };

    private bool IsApp(string token)
    {
        if (token.Split('.') is not [var header, var payload, var signature] || !Base64Url.IsValid(signature)) return false;
        if ((string?)JsonNode.Parse(Base64Url.DecodeFromChars(header))!["alg"] != "RS256") return false;
        if (!appKey.VerifyData(Encoding.ASCII.GetBytes($"{header}.{payload}"), Base64Url.DecodeFromChars(signature), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)) return false;
        var (claims, now) = (JsonNode.Parse(Base64Url.DecodeFromChars(payload))!, clock.GetUtcNow().ToUnixTimeSeconds());
        foreach (var name in ((JsonObject)claims).Select(one => one.Key).Except(["iss", "iat", "exp", "alg"])) Undocumented.Enqueue($"claim {name}");
        return (string?)claims["iss"] == AppId && (long)claims["iat"]! <= now && (long)claims["exp"]! > now && (long)claims["exp"]! <= now + 600;
    }

    private StandInAnswer Unknown(string call)
    {
        Undocumented.Enqueue(call);
        return Message(404, "Not Found");
    }

    private static StandInAnswer Message(int status, string message) =>
        new(status, new JsonObject { ["message"] = message, ["documentation_url"] = "https://docs.github.com/rest", ["status"] = status.ToString(CultureInfo.InvariantCulture) });
}
