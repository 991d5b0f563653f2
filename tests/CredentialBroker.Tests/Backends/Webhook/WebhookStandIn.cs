using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using CredentialBroker.Issuer;
using CredentialBroker.TestInfra;
using Microsoft.AspNetCore.Http;

namespace CredentialBroker.Backends.Webhook;

/// <summary>
/// A stand-in for a receiver, written from the contract in docs/backends/webhook.md: it verifies each call's token, its one
/// use and its digest, refuses what the contract does not name, replaces what is created twice, and ends by its own clock.
/// </summary>
internal sealed class WebhookStandIn : StandInServer
{
    private readonly Lock _lock = new();
    private readonly HttpClient _http = new();
    private readonly HashSet<string> _seen = [];
    private readonly Dictionary<string, (string Key, DateTimeOffset Until, string Broker)> _leases = [];

    public const string Audience = "licences.test";

    /// <summary>Where the keys of the broker's federation issuer are; those of <see cref="Keys"/> when absent.</summary>
    public Uri? JwksUrl { get; set; }

    public KeyRing? Keys { get; set; }

    public required string Issuer { get; set; }

    public bool Busy { get; set; }

    /// <summary>Every body that was taken, in order.</summary>
    public List<JsonObject> Taken { get; } = [];

    public static async Task<WebhookStandIn> StartAsync(KeyRing keys)
    {
        var standIn = new WebhookStandIn { Keys = keys, Issuer = keys.Issuer };
        await standIn.StartAsync();
        return standIn;
    }

    public IReadOnlyList<string> Living()
    {
        lock (_lock) return [.. _leases.Where(one => one.Value.Until > TimeProvider.System.GetUtcNow()).Select(one => one.Key)];
    }

    public bool Honours(string key)
    {
        lock (_lock) return _leases.Values.Any(one => one.Key == key && one.Until > TimeProvider.System.GetUtcNow());
    }

    protected override StandInAnswer Answer(HttpRequest request, string path, byte[] body)
    {
        lock (_lock)
        {
            if (Busy) return Refused(429, "busy") with { Headers = [("Retry-After", "1")] };
            var shown = request.Headers.Authorization.ToString().Split(' ') is ["Bearer", var token] ? token : "";
            if (request.Method == "GET" && path == "/whoami") return new StandInAnswer(_leases.Values.Any(one => one.Key == shown && one.Until > TimeProvider.System.GetUtcNow()) ? 200 : 401, new JsonObject());
            if (request.Method != "POST" || path != "/credentials") return Unknown($"{request.Method} {path}");
            if (!IsSigned(shown, body)) return Refused(401, "unauthorized");
            if (ObjectOf(body) is not { } call || (string?)call["version"] != WebhookCalls.Version || call["broker"] is null) return Refused(400, "malformed");
            Taken.Add(call);
            var about = (string?)call["lease"] ?? "";
            foreach (var over in _leases.Where(one => one.Value.Until <= TimeProvider.System.GetUtcNow()).Select(one => one.Key).ToList()) _leases.Remove(over);
            return (string?)call["operation"] switch
            {
                "create" => Create(call, about),
                "renew" => Renew(call, about),
                "revoke" => Known(call, "reference") ?? new StandInAnswer(200, State(about, _leases.Remove(about) ? "revoked" : "gone")),
                "status" => Known(call, "reference") ?? Status(about),
                "list" => Known(call, "after") ?? List(call),
                var operation => Unknown(operation ?? "no operation"),
            };
        }
    }

    private StandInAnswer Create(JsonObject call, string lease)
    {
        if (Known(call, "kind", "scopes", "parameters", "workload", "approval", "endsAt", "deadline") is { } unknown) return unknown;
        if (IsLate(call)) return Refused(409, "too_late");
        var key = RandomNumberGenerator.GetHexString(40);
        _leases[lease] = (key, At(call, "endsAt"), (string)call["broker"]!);
        return new StandInAnswer(201, new JsonObject
        {
            ["lease"] = lease, ["credential"] = new JsonObject { ["key"] = key }, ["expiresAt"] = (string?)call["endsAt"], ["reference"] = $"licence-{lease}",
        });
    }

    private StandInAnswer Renew(JsonObject call, string lease)
    {
        if (Known(call, "reference", "endsAt", "deadline") is { } unknown) return unknown;
        if (IsLate(call)) return Refused(409, "too_late");
        if (!_leases.TryGetValue(lease, out var found)) return new StandInAnswer(404, State(lease, "gone"));
        _leases[lease] = found with { Until = At(call, "endsAt") };
        return new StandInAnswer(200, new JsonObject { ["lease"] = lease, ["expiresAt"] = (string?)call["endsAt"] });
    }

    private StandInAnswer Status(string lease)
    {
        if (!_leases.TryGetValue(lease, out var found)) return new StandInAnswer(410, State(lease, "gone"));
        var state = State(lease, "alive");
        state["expiresAt"] = found.Until.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture);
        return new StandInAnswer(200, state);
    }

    /// <summary>Two at a time, so that there is always a next page to ask for.</summary>
    private StandInAnswer List(JsonObject call)
    {
        var after = (string?)call["after"] ?? "";
        var all = _leases.Where(one => one.Value.Broker == (string?)call["broker"] && string.CompareOrdinal(one.Key, after) > 0).Select(one => one.Key).Order(StringComparer.Ordinal).ToList();
        var reply = new JsonObject { ["leases"] = new JsonArray([.. all.Take(2).Select(lease => (JsonNode)new JsonObject { ["lease"] = lease, ["reference"] = $"licence-{lease}" })]) };
        if (all.Count > 2) reply["next"] = all[1];
        return new StandInAnswer(200, reply);
    }

    private bool IsSigned(string token, byte[] body)
    {
        if (token.Split('.') is not [var header, var payload, _]) return false;
        var (head, claims) = (JsonNode.Parse(Base64Url.DecodeFromChars(header))!, JsonNode.Parse(Base64Url.DecodeFromChars(payload))!);
        if ((string?)head["alg"] != "RS256" || PublishedKeys.Find(Jwks(), (string?)head["kid"]) is not { } key) return false;
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        return PublishedKeys.Signed(key, token)
               && (string?)claims["iss"] == Issuer && (string?)claims["aud"] == Audience && (string?)claims["sub"] == "credential-broker"
               && (long)claims["exp"]! - (long)claims["iat"]! <= 60 && (long)claims["nbf"]! <= now + 5 && (long)claims["exp"]! > now - 5
               && (string?)claims["digest"] == $"sha-256:{Base64Url.EncodeToString(SHA256.HashData(body))}" && _seen.Add((string)claims["jti"]!);
    }

    private byte[] Jwks()
    {
        if (JwksUrl is null) return Keys!.Jwks.ToArray();
        using var answer = _http.Send(new HttpRequestMessage(HttpMethod.Get, JwksUrl));
        using var bytes = new MemoryStream();
        answer.Content.CopyTo(bytes, null, default);
        return bytes.ToArray();
    }

    private StandInAnswer? Known(JsonObject call, params string[] members)
    {
        Only((string)call["operation"]!, call, [.. members, "version", "operation", "broker", "lease"]);
        return null;
    }

    private StandInAnswer Unknown(string what)
    {
        Undocumented.Enqueue(what);
        return Refused(400, "malformed");
    }

    private static JsonObject State(string lease, string state) => new() { ["lease"] = lease, ["state"] = state };

    private static StandInAnswer Refused(int status, string error) => new(status, new JsonObject { ["error"] = error });

    private static bool IsLate(JsonObject call) => At(call, "deadline") < TimeProvider.System.GetUtcNow();

    private static DateTimeOffset At(JsonObject call, string name) => DateTimeOffset.Parse((string)call[name]!, CultureInfo.InvariantCulture);
}
