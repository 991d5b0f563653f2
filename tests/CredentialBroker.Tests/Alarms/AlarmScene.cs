using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using CredentialBroker.TestInfra;
using CredentialBroker.Tests.Operators;
using CredentialBroker.Tests.TestInfra;

namespace CredentialBroker.Tests.Alarms;

/// <summary>One broker with three sources of alarms: an identity provider that pushes security event tokens, a watcher, and a Falco.</summary>
public sealed class AlarmScene : IAsyncLifetime
{
    public const string Issuer = "https://idp.test", Audience = "https://broker.test/signals", Caep = "https://schemas.openid.net/secevent/caep/event-type/";

    private readonly TestKey _key = TestKey.Make("idp-1", "ES256");
    private readonly FakeClock _clock = new(TimeProvider.System.GetUtcNow());
    private readonly byte[] _secret = RandomNumberGenerator.GetBytes(32);
    private int _number;

    internal OperatorScene Operators { get; private set; } = null!;

    internal Scene Scene => Operators.Scene;

    public async Task InitializeAsync()
    {
        var idp = new TestIssuer(Issuer, Audience, _clock, _key);
        Operators = await OperatorScene.StartAsync(null, configuration =>
        {
            var folder = Path.GetDirectoryName(configuration["Keys"]!["KeyEncryptionKeyFile"]!.GetValue<string>())!;
            File.WriteAllText(Path.Combine(folder, "idp.jwks"), idp.Jwks());
            File.WriteAllText(Path.Combine(folder, "watch.secret"), "whsec_" + Convert.ToBase64String(_secret) + "\n");
            JsonObject Source(string format, params (string Name, JsonNode Value)[] more)
            {
                var source = new JsonObject { ["Format"] = format, ["Owners"] = new JsonObject { ["Runtime"] = "team-soc", ["Policy"] = "team-soc", ["Operator"] = "team-sre" } };
                foreach (var (name, value) in more) source[name] = value;
                return source;
            }

            configuration["Alarms"] = new JsonObject
            {
                ["Sources"] = new JsonObject
                {
                    ["idp"] = Source("set", ("Issuer", Issuer), ("Audience", Audience), ("JwksFile", Path.Combine(folder, "idp.jwks"))),
                    ["watch"] = Source("plain", ("SecretFile", Path.Combine(folder, "watch.secret"))),
                    ["falco"] = Source("falco", ("SecretFile", Path.Combine(folder, "watch.secret")), ("Cluster", "cluster")),
                    ["elsewhere"] = Source("plain", ("SecretFile", Path.Combine(folder, "watch.secret")), ("Selector", "environment=prod")),
                },
                ["Rules"] = new JsonArray(
                    new JsonObject { ["Types"] = new JsonArray("exec", "attach", "ephemeral-container"), ["Tier"] = "critical", ["Then"] = new JsonArray("freeze", "revoke") },
                    new JsonObject { ["Types"] = new JsonArray("session-revoked", "falco:critical:*"), ["Then"] = new JsonArray("revoke") },
                    new JsonObject { ["Types"] = new JsonArray("device-compliance-change:not-compliant", "drift"), ["Then"] = new JsonArray("recheck") }),
            };
        }, SceneFolder.Token(concurrent: 100), SceneFolder.Token("short", concurrent: 100).Replace("tier: standard", "tier: critical", StringComparison.Ordinal));
    }

    public async Task DisposeAsync()
    {
        await Operators.DisposeAsync();
        _key.Dispose();
    }

    /// <summary>A pod that holds a lease of each of these templates.</summary>
    internal async Task<(string Pod, List<(string Id, string Secret)> Leases)> PodAsync(params string[] templates)
    {
        var pod = Scene.NewPod();
        var leases = new List<(string, string)>();
        foreach (var template in templates)
        {
            Assert.Equal(HttpStatusCode.Accepted, (await Scene.ApproveAsync(Scene.ApprovalOf(pod, template, ("tier", "critical")))).Status);
            leases.Add(await ClaimAsync(pod, template));
        }

        return (pod, leases);
    }

    internal async Task<(string Id, string Secret)> ClaimAsync(string pod, string template)
    {
        var claim = await Scene.ClaimAsync(Scene.Token(pod), template);
        Assert.True(claim.Status == HttpStatusCode.Created, claim.Body);
        return (claim.Json.GetProperty("lease").GetProperty("id").GetString()!, claim.Json.GetProperty("credential").GetProperty("token").GetString()!);
    }

    /// <summary>A token's claims; change a member, or take it out with null.</summary>
    internal JsonObject Event(string type, JsonNode subject, JsonObject? payload = null, params (string Name, JsonNode? Value)[] changes)
    {
        var claims = new JsonObject
        {
            ["iss"] = Issuer, ["aud"] = Audience, ["iat"] = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds(), ["jti"] = $"set-{Interlocked.Increment(ref _number)}", ["sub_id"] = subject,
            ["events"] = new JsonObject { [type.Contains("://", StringComparison.Ordinal) ? type : Caep + type] = payload ?? [] },
        };
        foreach (var (name, value) in changes)
        {
            claims.Remove(name);
            if (value is not null) claims[name] = value;
        }

        return claims;
    }

    internal static JsonObject Lease(string id) => new() { ["format"] = "opaque", ["id"] = id };

    internal string Sign(JsonObject claims, string type = "secevent+jwt", TestKey? key = null) =>
        new TestIssuer(Issuer, Audience, _clock, _key).Sign(new JsonObject { ["alg"] = "ES256", ["kid"] = "idp-1", ["typ"] = type }.ToJsonString(), claims.ToJsonString(), key);

    internal Task<Reply> PushAsync(string token, string media = "application/secevent+jwt") => Scene.SendAsync(HttpMethod.Post, "/v1/alarms/idp", null, new StringContent(token, Encoding.ASCII, new MediaTypeHeaderValue(media)));

    /// <param name="id">Id of the webhook; a new one when none is given.</param>
    internal Task<Reply> CallAsync(string source, JsonNode message, string? id = null, byte[]? secret = null) => CallAsync(source, message.ToJsonString(), id, secret);

    internal Task<Reply> CallAsync(string source, string body, string? id = null, byte[]? secret = null)
    {
        id ??= $"msg-{Interlocked.Increment(ref _number)}";
        var at = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        var signature = Convert.ToBase64String(HMACSHA256.HashData(secret ?? _secret, Encoding.UTF8.GetBytes($"{id}.{at}.{body}")));
        return Scene.SendAsync(HttpMethod.Post, $"/v1/alarms/{source}", null, new StringContent(body, Encoding.UTF8, "application/json"), ("webhook-id", id), ("webhook-timestamp", at), ("webhook-signature", $"v1,{signature}"));
    }

    internal async Task<JsonElement> NewestAsync() => (await Scene.OperatorAsync(HttpMethod.Get, "/v1/alarms")).Json.GetProperty("alarms")[0];

    internal async Task<int> CountAsync() => (await Scene.OperatorAsync(HttpMethod.Get, "/v1/alarms")).Json.GetProperty("alarms").GetArrayLength();
}
