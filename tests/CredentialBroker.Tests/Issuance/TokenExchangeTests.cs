using System.Net;
using System.Text.Json.Nodes;
using CredentialBroker.TestInfra;
using CredentialBroker.Tests.Refusals;

namespace CredentialBroker.Tests.Issuance;

/// <summary>OAuth as a client knows it from the RFCs: what it discovers, sends and reads.</summary>
public sealed class TokenExchangeTests
{
    [Fact]
    public async Task A_client_that_knows_only_the_address_gets_a_token_uses_it_and_gives_it_back()
    {
        await using var hostile = await HostileScene.StartAsync(null, Standards.Configure, null, Standards.Token());
        var scene = hostile.Scene;
        var metadata = (await scene.SendAsync(HttpMethod.Get, "/.well-known/oauth-authorization-server/issuer/workload", null)).Json;
        Assert.Equal(metadata.ToString(), (await scene.SendAsync(HttpMethod.Get, "/.well-known/oauth-authorization-server", null)).Json.ToString());
        Assert.EndsWith("/issuer/workload", metadata.GetProperty("issuer").GetString(), StringComparison.Ordinal);
        Assert.Contains("urn:ietf:params:oauth:grant-type:token-exchange", metadata.GetProperty("grant_types_supported").EnumerateArray().Select(g => g.GetString()));
        using var client = new HttpClient();
        var pod = await hostile.ApprovedPodAsync("token");

        using var answer = await client.PostAsync(metadata.GetProperty("token_endpoint").GetString(), new FormUrlEncodedContent(
        [
            new("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"), new("subject_token", hostile.Token(pod)), new("subject_token_type", "urn:ietf:params:oauth:token-type:jwt"),
            new("audience", "https://api.test"), new("scope", "orders:read"),
        ]));
        var body = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!.AsObject();
        Assert.True(answer.StatusCode == HttpStatusCode.OK, body.ToJsonString());
        Assert.Equal(["access_token", "expires_in", "issued_token_type", "scope", "token_type"], body.Select(member => member.Key).Order());
        Assert.Equal("no-store", answer.Headers.CacheControl!.ToString());
        Assert.Equal(("urn:ietf:params:oauth:token-type:access_token", "Bearer", "orders:read"), ((string?)body["issued_token_type"], (string?)body["token_type"], (string?)body["scope"]));
        Assert.InRange((long)body["expires_in"]!, 200, 300);

        var token = (string)body["access_token"]!;
        var claims = Standards.Claims(token);
        var seen = (await scene.FormAsync("/oauth2/introspect", hostile.Token(pod), ("token", token), ("token_type_hint", "access_token"))).Json;
        Assert.True(seen.GetProperty("active").GetBoolean());
        foreach (var name in new[] { "iss", "sub", "aud", "jti", "scope" }) Assert.Equal(claims.GetProperty(name).GetString(), seen.GetProperty(name).GetString());
        foreach (var name in new[] { "exp", "iat" }) Assert.Equal(claims.GetProperty(name).GetInt64(), seen.GetProperty(name).GetInt64());
        Assert.Equal(("k8s://cluster/shop/checkout", "Bearer"), (seen.GetProperty("client_id").GetString(), seen.GetProperty("token_type").GetString()));

        // Another workload's revocation is refused; the holder's is heard, and may be repeated; what is no token is as good as revoked.
        Assert.Equal("unauthorized_client", Error(await scene.FormAsync("/oauth2/revoke", hostile.Token(scene.NewPod()), ("token", token))));
        Assert.Equal((HttpStatusCode.Unauthorized, "invalid_client"), (await scene.FormAsync("/oauth2/revoke", null, ("token", token))) is var nobody ? (nobody.Status, Error(nobody)) : default);
        Assert.True(await scene.IntrospectAsync(token));
        Assert.Equal(HttpStatusCode.OK, (await scene.FormAsync("/oauth2/revoke", hostile.Token(pod), ("token", token))).Status);
        Assert.False(await scene.IntrospectAsync(token));
        Assert.Equal(HttpStatusCode.OK, (await scene.FormAsync("/oauth2/revoke", hostile.Token(pod), ("token", token))).Status);
        Assert.Equal(HttpStatusCode.OK, (await scene.FormAsync("/oauth2/revoke", hostile.Token(pod), ("token", "garbage"))).Status);
        Assert.Equal("invalid_request", Error(await scene.FormAsync("/oauth2/revoke", hostile.Token(pod), ("other", "garbage"))));
        await scene.LeaseUntilAsync(claims.GetProperty("lease").GetString()!, "ended");
    }

    [Fact]
    public async Task R60_Who_acts_is_told_in_the_token_and_the_chain_is_no_longer_than_the_template_allows()
    {
        await using var hostile = await HostileScene.StartAsync(null, Standards.Configure, null, Standards.Token());
        var scene = hostile.Scene;
        var pod = await hostile.ApprovedPodAsync("token");
        var actor = hostile.Token(scene.NewPod(), "agent");
        (string, string?)[] acting = [("actor_token", actor), ("actor_token_type", "urn:ietf:params:oauth:token-type:jwt")];
        var answer = await scene.ExchangeAsync(hostile.Token(pod), acting);
        Assert.True(answer.Status == HttpStatusCode.OK, answer.Body);
        var token = answer.Json.GetProperty("access_token").GetString()!;
        Assert.Equal("k8s://cluster/shop/agent", Standards.Claims(token).GetProperty("act").GetProperty("sub").GetString());
        Assert.Equal("k8s://cluster/shop/checkout", Standards.Claims(token).GetProperty("sub").GetString());
        var seen = (await scene.FormAsync("/oauth2/introspect", hostile.Token(pod), ("token", token))).Json;
        Assert.Equal("k8s://cluster/shop/agent", seen.GetProperty("act").GetProperty("sub").GetString());
        Assert.Equal("k8s://cluster/shop/agent", (await hostile.AuditAsync("credential.decision"))[^1].GetProperty("caller").GetProperty("actChain")[0].GetString());

        // The template allows one acting party; a subject that is acted for already makes two.
        var claims = hostile.Claims(pod);
        claims["act"] = new JsonObject { ["sub"] = "k8s://cluster/shop/first" };
        await RefusedAsync(hostile, "unauthorized_client", "delegation_too_deep", true, () => scene.ExchangeAsync(hostile.Cluster.Sign(claims), acting));
        // What the broker signed is no evidence, neither of whom it is for nor of who acts.
        await RefusedAsync(hostile, "invalid_request", "evidence_untrusted_issuer", false, () => scene.ExchangeAsync(token, []));
        await RefusedAsync(hostile, "invalid_request", "evidence_untrusted_issuer", false, () => scene.ExchangeAsync(hostile.Token(pod), [("actor_token", token), ("actor_token_type", "urn:ietf:params:oauth:token-type:jwt")]));
        await RefusedAsync(hostile, "invalid_request", "evidence_malformed", false, () => scene.ExchangeAsync(hostile.Token(pod), [("actor_token", "x.y"), ("actor_token_type", "urn:ietf:params:oauth:token-type:jwt")]));
    }

    [Fact]
    public async Task An_exchange_is_refused_in_the_words_of_OAuth_with_the_reason_and_makes_no_lease()
    {
        await using var hostile = await HostileScene.StartAsync(null, Standards.Configure, null, Standards.Token(), Standards.Token("token-other"), Standards.Certificate());
        var scene = hostile.Scene;
        var pod = await hostile.ApprovedPodAsync("token");
        (string, string?) here = ("resource", "urn:credentialbroker:template:token");
        foreach (var (error, code, decided, changes) in new (string, string, bool, (string, string?)[])[]
        {
            ("invalid_request", "request_malformed", false, [("grant_type", null)]),
            ("unsupported_grant_type", "request_malformed", false, [("grant_type", "client_credentials")]),
            ("invalid_request", "request_malformed", false, [("subject_token", null)]),
            ("invalid_request", "request_malformed", false, [("subject_token_type", null)]),
            ("invalid_request", "request_malformed", false, [("subject_token_type", "urn:ietf:params:oauth:token-type:saml2")]),
            ("invalid_request", "request_malformed", false, [("actor_token_type", "urn:ietf:params:oauth:token-type:jwt")]),
            ("invalid_request", "request_malformed", false, [("actor_token", "x")]),
            ("invalid_request", "request_malformed", false, [("requested_token_type", "urn:ietf:params:oauth:token-type:refresh_token")]),
            ("invalid_request", "request_malformed", false, [("audience", null)]),
            ("invalid_request", "request_malformed", false, [("resource", "https://other.test")]),
            ("invalid_request", "evidence_malformed", false, [("subject_token", "garbage")]),
            ("invalid_target", "template_ambiguous", true, []),
            ("invalid_target", "template_unknown", true, [("audience", "https://unknown.test")]),
            ("invalid_target", "template_unknown", true, [("resource", "urn:credentialbroker:template:no-such")]),
            ("invalid_target", "template_unknown", true, [("resource", "urn:credentialbroker:template:certificate"), ("audience", null)]),
            ("invalid_scope", "intent_refused", true, [here, ("scope", "orders:delete")]),
            ("invalid_grant", "binding_mismatch", true, [here, ("subject_token", hostile.Token(scene.NewPod()))]),
            ("unauthorized_client", "workload_not_matched", true, [("audience", null), ("resource", "urn:credentialbroker:template:token"), ("subject_token", hostile.Token(scene.NewPod(), "intruder"))]),
        }) await RefusedAsync(hostile, error, code, decided, () => scene.ExchangeAsync(hostile.Token(pod), changes));

        foreach (var (form, code) in new[]
        {
            ("grant_type=a&grant_type=b", "request_malformed"), ("a=1&a=1", "request_malformed"), ("grant_type", "request_malformed"), ("=x", "request_malformed"), ("a=%", "request_malformed"),
            ("a=%zz", "request_malformed"), ("a=%FF", "request_malformed"), ("a=%00", "request_malformed"), (string.Join('&', Enumerable.Range(0, 40).Select(i => $"p{i}=1")), "request_malformed"),
            ("", "request_malformed"), ("a=" + new string('x', 41 * 1024), "request_too_large"),
        }) await RefusedAsync(hostile, "invalid_request", code, false, () => PostAsync(scene, form, "application/x-www-form-urlencoded"));
        await RefusedAsync(hostile, "invalid_request", "request_malformed", false, () => PostAsync(scene, "{}", "application/json"));

        Assert.Equal(HttpStatusCode.Created, (await scene.OperatorAsync(HttpMethod.Post, "/v1/freezes", """{"selector":"template=token","reason":"test"}""")).Status);
        await RefusedAsync(hostile, "access_denied", "frozen", true, () => scene.ExchangeAsync(hostile.Token(pod), [here]));
    }

    private static string? Error(Reply reply) => reply.Json.GetProperty("error").GetString();

    private static Task<Reply> PostAsync(Scene scene, string form, string type) =>
        scene.SendAsync(HttpMethod.Post, "/oauth2/token", null, new StringContent(form, System.Text.Encoding.ASCII, type));

    private static async Task RefusedAsync(HostileScene hostile, string error, string code, bool decided, Func<Task<Reply>> act)
    {
        var before = await hostile.CountAsync();
        var reply = await act();
        Assert.True(reply.Status == HttpStatusCode.BadRequest && Error(reply) == error, $"{code}: {(int)reply.Status} {reply.Body}");
        Assert.StartsWith(code, reply.Json.GetProperty("error_description").GetString(), StringComparison.Ordinal);
        var after = await hostile.CountAsync();
        Assert.Equal(before.Rows, after.Rows);
        Assert.Equal(decided ? 1 : 0, after.Decisions - before.Decisions);
    }
}
