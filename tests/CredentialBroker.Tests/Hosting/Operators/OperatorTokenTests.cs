using System.Text.Json.Nodes;
using CredentialBroker.Hosting;
using CredentialBroker.TestInfra;
using CredentialBroker.Tests.TestInfra;

namespace CredentialBroker.Tests.Operators;

/// <summary>Operators by bearer token: who is proven, with which roles, and what is no proof.</summary>
public sealed class OperatorTokenTests
{
    [Fact]
    public async Task Whoami_tells_issuer_subject_and_the_roles_that_were_bound()
    {
        await using var scene = await OperatorScene.StartAsync();
        var me = (await scene.AsAsync(scene.Token("u-1", "auditors shop-responders unknown"), HttpMethod.Get, "/v1/whoami")).Json;
        Assert.Equal(("u-1@test", OperatorScene.Issuer, "u-1"), (me.GetProperty("name").GetString(), me.GetProperty("issuer").GetString(), me.GetProperty("subject").GetString()));
        Assert.Equal("""[{"role":"auditor"},{"role":"responder","selector":"namespace=shop"}]""", me.GetProperty("roles").GetRawText());

        var bootstrap = (await scene.Scene.OperatorAsync(HttpMethod.Get, "/v1/whoami")).Json;
        Assert.Equal(("broker", "bootstrap"), (bootstrap.GetProperty("issuer").GetString(), bootstrap.GetProperty("subject").GetString()));
    }

    [Fact]
    public async Task A_claim_may_be_text_or_a_list_and_lie_within_others()
    {
        await using var scene = await OperatorScene.StartAsync();
        var nested = scene.Token("u-2", "none", ("realm", new JsonObject { ["roles"] = new JsonArray("x", "token-auditors") }));
        Assert.Equal("template=token", (await scene.AsAsync(nested, HttpMethod.Get, "/v1/whoami")).Json.GetProperty("roles")[0].GetProperty("selector").GetString());
        var text = scene.Token("u-3", "none", ("groups", "auditors"));
        Assert.Equal(200, (int)(await scene.AsAsync(text, HttpMethod.Get, "/v1/whoami")).Status);
        foreach (var (name, value) in new (string, JsonNode?)[]
        {
            ("groups", "auditors,admins"), ("groups", new JsonObject { ["auditors"] = true }), ("groups", new JsonArray(new JsonArray("auditors"))), ("groups", "Auditors"), ("/realm/roles", "token-auditors"), ("realm.roles", "token-auditors"),
        })
        {
            var reply = await scene.AsAsync(scene.Token("u-4", "none", (name, value)), HttpMethod.Get, "/v1/whoami");
            Assert.Equal((403, "operator_forbidden"), ((int)reply.Status, reply.Code));
        }
    }

    [Fact]
    public async Task Whoever_is_proven_without_a_role_may_do_nothing()
    {
        await using var scene = await OperatorScene.StartAsync();
        foreach (var row in AccessTable.Rows.Where(r => r.Audience == CredentialBroker.Hosting.Audience.Operator && r.Method == "GET"))
        {
            var reply = await scene.AsAsync(scene.Token("u-5", "cooks"), HttpMethod.Get, row.Route.Replace("{id}", "x", StringComparison.Ordinal));
            Assert.Equal((403, "operator_forbidden"), ((int)reply.Status, reply.Code));
        }
    }

    [Fact]
    public async Task What_is_no_token_of_the_issuer_for_operators_is_refused()
    {
        await using var scene = await OperatorScene.StartAsync();
        var now = scene.Clock.Seconds;
        using var stranger = TestKey.Make("ops-1", "ES256");
        var claims = scene.Tokens.Claims("eve");
        claims["groups"] = new JsonArray("admins");
        string[] tokens =
        [
            scene.Token("eve", "admins", ("aud", "credbroker/test")), scene.Token("eve", "admins", ("aud", new JsonArray(OperatorScene.Audience, "other"))), scene.Token("eve", "admins", ("aud", null)),
            scene.Token("eve", "admins", ("iss", "https://login.test/realms/other")), scene.Token("eve", "admins", ("iss", OperatorScene.Issuer + "/")),
            scene.Token("eve", "admins", ("exp", now - 120)), scene.Token("eve", "admins", ("exp", now + (13 * 3600))), scene.Token("eve", "admins", ("nbf", now + 300)), scene.Token("eve", "admins", ("exp", null)),
            scene.Token("eve", "admins", ("sub", null)), scene.Token("eve", "admins", ("sub", "")), scene.Token("eve", "admins", ("sub", "a\nb")), scene.Token("eve", "admins", ("sub", 7)),
            scene.Tokens.Sign(scene.Tokens.Header().ToJsonString(), claims.ToJsonString(), stranger),
            scene.Tokens.Sign("""{"alg":"none"}""", claims.ToJsonString()), scene.Tokens.Sign("""{"alg":"ES256","kid":"other"}""", claims.ToJsonString()),
            scene.Tokens.Sign("""{"alg":"ES256","kid":"ops-1","typ":"admission-approval+jwt"}""", claims.ToJsonString()),
        ];
        foreach (var token in tokens)
        {
            var reply = await scene.AsAsync(token, HttpMethod.Get, "/v1/whoami");
            Assert.True((int)reply.Status == 401 && reply.Code == "operator_unknown", $"{token}: {reply}");
        }

        var twice = await scene.Scene.SendAsync(HttpMethod.Get, "/v1/whoami", null, null, ("Authorization", "Basic YTpi"));
        Assert.Equal("operator_unknown", twice.Code);
    }

    [Fact]
    public async Task An_operators_token_is_no_workloads_evidence_and_a_workloads_is_no_operators()
    {
        await using var scene = await OperatorScene.StartAsync(templates: SceneFolder.Token());
        var admin = scene.Token("adam", "admins");
        var claim = await scene.Scene.ClaimAsync(admin, "token");
        Assert.Equal((401, "evidence_untrusted_issuer"), ((int)claim.Status, claim.Code));
        Assert.Equal(401, (int)(await scene.Scene.RenewAsync(admin, "x")).Status);
        var workload = scene.Scene.Token(scene.Scene.NewPod());
        Assert.Equal("operator_unknown", (await scene.AsAsync(workload, HttpMethod.Get, "/v1/leases")).Code);
    }

    [Fact]
    public async Task Keys_that_cannot_be_had_are_no_word_about_the_operator()
    {
        await using var scene = await OperatorScene.StartAsync(change: configuration => configuration["Operators"]!["Issuers"]!["corp"]!["JwksFile"] = "/nowhere/ops.jwks");
        var reply = await scene.AsAsync(scene.Token("ann", "auditors"), HttpMethod.Get, "/v1/whoami");
        Assert.Equal((503, "evidence_keys_unavailable"), ((int)reply.Status, reply.Code));
    }

    [Fact]
    public async Task Every_record_names_issuer_and_subject()
    {
        await using var scene = await OperatorScene.StartAsync(templates: SceneFolder.Token());
        var responder = scene.Token("rob", "responders");
        var freeze = await scene.AsAsync(responder, HttpMethod.Post, "/v1/freezes", new JsonObject { ["selector"] = "template=other", ["reason"] = "drill" });
        Assert.Equal($"{OperatorScene.Issuer}#rob", freeze.Json.GetProperty("by").GetString());
        await scene.AsAsync(responder, HttpMethod.Delete, $"/v1/freezes/{freeze.Json.GetProperty("id").GetString()}");
        var (_, lease) = await scene.LeaseAsync("token");
        await scene.AsAsync(responder, HttpMethod.Delete, $"/v1/leases/{lease}?reason=drill");
        await scene.AsAsync(responder, HttpMethod.Post, "/v1/tasks/some-task/end");
        await scene.YamlAsync(scene.Token("pat", "platform"), HttpMethod.Put, "/v1/templates", SceneFolder.Token("token", ttl: "4m"));
        foreach (var (type, who) in new[] { ("freeze.set", "rob"), ("freeze.lifted", "rob"), ("credential.revoke_requested", "rob"), ("task.ended", "rob"), ("template.changed", "pat") })
        {
            Assert.Equal($"{OperatorScene.Issuer}#{who}", (await scene.AuditAsync(type))[^1].GetProperty("actor").GetString());
        }
    }

    [Fact]
    public async Task Refusals_are_counted_and_recorded_together()
    {
        await using var scene = await OperatorScene.StartAsync();
        for (var i = 0; i < 40; i++) await scene.AsAsync($"stranger-{i}", HttpMethod.Get, "/v1/leases");
        for (var i = 0; i < 3; i++) await scene.AsAsync(scene.Token("eve", "admins", ("exp", scene.Clock.Seconds - 120 - i)), HttpMethod.Get, "/v1/leases");
        for (var i = 0; i < 2; i++) await scene.AsAsync(scene.Token("ann", "auditors"), HttpMethod.Post, "/v1/freezes", new JsonObject());
        await scene.Broker.Get<DoorTally>().TellAsync();
        await scene.Broker.Get<DoorTally>().TellAsync();
        var told = (await scene.AuditAsync("operator.refused")).Select(r => (r.GetProperty("actor").GetString(), r.GetProperty("detail").GetString(), r.GetProperty("count").GetInt64())).Order().ToList();
        // The half minute of the job may fall in between, so that counts are added up.
        var sums = told.GroupBy(t => (t.Item1, t.Item2)).Select(g => (g.Key.Item1, g.Key.Item2, g.Sum(t => t.Item3))).ToList();
        Assert.Equal(
        [
            ("corp", "operator_unknown", 3L), (OperatorScene.Issuer + "#ann", "operator_forbidden POST /v1/freezes", 2L), ("nobody", "operator_unknown", 40L),
        ], sums);
    }
}
