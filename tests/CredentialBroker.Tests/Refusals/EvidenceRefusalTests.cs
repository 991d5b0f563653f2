using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using CredentialBroker.TestInfra;
using CredentialBroker.Tests.TestInfra;

namespace CredentialBroker.Tests.Refusals;

/// <summary>Evidence that proves nothing: nobody is proven to ask, so nothing is decided and nothing is written but a count.</summary>
public sealed class EvidenceRefusalTests
{
    [Fact]
    public async Task R14_Evidence_that_does_not_prove_who_asks_is_refused_and_only_counted()
    {
        await using var hostile = await HostileScene.StartAsync(templates: SceneFolder.Token());
        var scene = hostile.Scene;
        var pod = await hostile.ApprovedPodAsync("token");
        using var stranger = TestKey.Make("stranger", "RS256");
        string Header(Action<JsonObject> change)
        {
            var header = hostile.Cluster.Header();
            change(header);
            return header.ToJsonString();
        }

        string Signed(Action<JsonObject> change)
        {
            var claims = hostile.Claims(pod);
            change(claims);
            return hostile.Cluster.Sign(claims);
        }

        string Headed(Action<JsonObject> change) => hostile.Cluster.Sign(Header(change), hostile.Claims(pod).ToJsonString());
        var publicKey = Encoding.ASCII.GetBytes(((RSA)hostile.ClusterKey.Key).ExportSubjectPublicKeyInfoPem());
        var now = hostile.Clock.GetUtcNow().ToUnixTimeSeconds();
        var claimBytes = Encoding.UTF8.GetBytes(hostile.Claims(pod).ToJsonString());
        (string What, string Code, string Token)[] cases =
        [
            ("alg none", "evidence_algorithm", TestIssuer.Sign(Encoding.UTF8.GetBytes("""{"alg":"none"}"""), claimBytes, _ => [])),
            ("HMAC with the public key", "evidence_algorithm", TestIssuer.Sign(Encoding.UTF8.GetBytes(Header(h => h["alg"] = "HS256")), claimBytes, data => HMACSHA256.HashData(publicKey, data))),
            ("unknown kid", "evidence_unknown_key", Headed(h => h["kid"] = "nobody")),
            ("a stranger's key", "evidence_signature", hostile.Cluster.Sign(Header(_ => { }), hostile.Claims(pod).ToJsonString(), stranger)),
            ("jku", "evidence_header", Headed(h => h["jku"] = "https://evil.test/keys")),
            ("x5u", "evidence_header", Headed(h => h["x5u"] = "https://evil.test/cert")),
            ("jwk", "evidence_header", Headed(h => h["jwk"] = stranger.Jwk())),
            ("crit", "evidence_header", Headed(h => h["crit"] = new JsonArray("exp"))),
            ("JWE", "evidence_malformed", "eyJhbGciOiJSU0EtT0FFUCJ9.a.b.c.d"),
            ("two audiences", "evidence_audience", Signed(c => c["aud"] = new JsonArray(Scene.Audience, "https://other.test"))),
            ("another audience", "evidence_audience", Signed(c => c["aud"] = "https://other.test")),
            ("another issuer", "evidence_untrusted_issuer", Signed(c => c["iss"] = "https://other.test")),
            ("no exp", "evidence_lifetime", Signed(c => c.Remove("exp"))),
            ("expired", "evidence_lifetime", Signed(c => (c["iat"], c["nbf"], c["exp"]) = (now - 900, now - 900, now - 300))),
            ("lives too long", "evidence_lifetime", Signed(c => c["exp"] = now + (400L * 24 * 3600))),
            ("a year in the future", "evidence_lifetime", Signed(c => (c["iat"], c["nbf"], c["exp"]) = (now + 31_000_000, now + 31_000_000, now + 31_000_300))),
            ("extended by the cluster", "evidence_claims", Signed(c => c["kubernetes.io"]!["warnafter"] = now + 300)),
            ("no pod", "evidence_claims", Signed(c => c["kubernetes.io"]!.AsObject().Remove("pod"))),
            ("NUL in the pod's name", "evidence_claims", Signed(c => c["kubernetes.io"]!["pod"]!["uid"] = "a\0b")),
            ("duplicate claims", "evidence_malformed", hostile.Cluster.Sign(Header(_ => { }), hostile.Claims(pod).ToJsonString()[..^1] + ""","sub":"x"}""")),
            ("garbage", "evidence_malformed", "garbage"),
            ("dots", "evidence_malformed", ".."),
        ];
        foreach (var (what, code, token) in cases)
        {
            await hostile.RefusedAsync(401, code, decided: false, what, () => scene.ClaimAsync(token, "token"));
        }

        await hostile.RefusedAsync(401, "evidence_missing", false, "none", () => scene.ClaimBodyAsync(null, """{"template":"token"}"""));
        var good = hostile.Token(pod);
        await hostile.RefusedAsync(401, "evidence_missing", false, "another scheme", () => WithAuthorization(scene, $"Basic {good}"));
        await hostile.RefusedAsync(401, "evidence_malformed", false, "two tokens in one header", () => WithAuthorization(scene, $"Bearer {good}, Bearer {good}"));
        await hostile.RefusedAsync(401, "evidence_missing", false, "two headers", () => TwoHeadersAsync(new Uri(hostile.Broker.Host.Address), good));
        var before = await hostile.CountAsync();
        for (var i = 0; i < 100 && (await hostile.AuditAsync("attestation.failed")).Count == 0; i++) await Task.Delay(100);
        var failed = await hostile.AuditAsync("attestation.failed");
        Assert.NotEmpty(failed);
        Assert.All(failed, record => Assert.True(record.GetProperty("count").GetInt64() > 0 && !record.TryGetProperty("caller", out _)));
        Assert.Equal(before, await hostile.CountAsync());
        Assert.Equal(HttpStatusCode.Created, (await scene.ClaimAsync(good, "token")).Status);
    }

    /// <summary>By hand, since clients join the two.</summary>
    private static async Task<Reply> TwoHeadersAsync(Uri address, string token)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(address.Host, address.Port);
        var stream = client.GetStream();
        const string body = """{"template":"token"}""";
        await stream.WriteAsync(Encoding.ASCII.GetBytes(
            $"POST /v1/leases HTTP/1.1\r\nHost: {address.Authority}\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n" +
            $"Idempotency-Key: k\r\nAuthorization: Bearer {token}\r\nAuthorization: Bearer {token}\r\n\r\n{body}"));
        using var reader = new StreamReader(stream, Encoding.UTF8);
        var answer = await reader.ReadToEndAsync();
        return new Reply((HttpStatusCode)int.Parse(answer.AsSpan(9, 3), CultureInfo.InvariantCulture), answer[answer.IndexOf('{', StringComparison.Ordinal)..(answer.LastIndexOf('}') + 1)]);
    }

    private static Task<Reply> WithAuthorization(Scene scene, params string[] values) => scene.SendAsync(
        HttpMethod.Post, "/v1/leases", null, new StringContent("""{"template":"token"}""", Encoding.UTF8, "application/json"),
        [("Idempotency-Key", "k"), .. values.Select(value => ("Authorization", value))]);
}
