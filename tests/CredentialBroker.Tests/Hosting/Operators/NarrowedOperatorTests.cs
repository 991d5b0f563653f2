using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using CredentialBroker.Hosting;
using CredentialBroker.TestInfra;

namespace CredentialBroker.Tests.Operators;

/// <summary>A role's selector is ANDed to whatever its holder does; where it cannot be applied, the door stays shut.</summary>
public sealed class NarrowedOperatorTests
{
    [Fact]
    public async Task Leases_outside_are_not_listed_not_shown_and_not_revoked()
    {
        await using var scene = await OperatorScene.StartAsync(templates: SceneFolder.Token());
        var (_, lease) = await scene.LeaseAsync("token");
        var (inside, outside) = (scene.Token("ina", "test-admins"), scene.Token("otto", "elsewhere-admins"));
        Assert.Equal([lease], await ListedAsync(scene, inside, ""));
        Assert.Equal([lease], await ListedAsync(scene, inside, "?selector=template%3Dtoken"));
        Assert.Empty(await ListedAsync(scene, inside, "?selector=environment%3Delsewhere"));
        foreach (var query in new[] { "", "?selector=template%3Dtoken", "?selector=environment%3Dtest", "?selector=lease%3D%2A", "?ended=true", $"?selector=lease%3D{lease}" }) Assert.Empty(await ListedAsync(scene, outside, query));
        Assert.Equal(HttpStatusCode.OK, (await scene.AsAsync(inside, HttpMethod.Get, $"/v1/leases/{lease}")).Status);
        Assert.Equal("lease_unknown", (await scene.AsAsync(outside, HttpMethod.Get, $"/v1/leases/{lease}")).Code);
        Assert.Equal("operator_forbidden", (await scene.AsAsync(outside, HttpMethod.Delete, $"/v1/leases/{lease}?reason=x")).Code);
        Assert.Equal("active", (await scene.Scene.LeaseAsync(lease)).GetProperty("state").GetString());
        Assert.Equal(HttpStatusCode.Accepted, (await scene.AsAsync(inside, HttpMethod.Delete, $"/v1/leases/{lease}?reason=x")).Status);
    }

    [Fact]
    public async Task Several_roles_reach_what_one_of_them_reaches()
    {
        await using var scene = await OperatorScene.StartAsync(templates: SceneFolder.Token());
        var (_, lease) = await scene.LeaseAsync("token");
        Assert.Equal([lease], await ListedAsync(scene, scene.Token("both", "elsewhere-admins test-admins"), ""));
        Assert.Equal([lease], await ListedAsync(scene, scene.Token("wide", "elsewhere-admins auditors"), ""));
        // The wide role reads only: what it does not open stays as narrow as the role that does.
        Assert.Equal("operator_forbidden", (await scene.AsAsync(scene.Token("wide", "elsewhere-admins auditors"), HttpMethod.Delete, $"/v1/leases/{lease}?reason=x")).Code);
    }

    [Fact]
    public async Task A_freeze_is_what_was_asked_for_and_what_is_reached_at_once()
    {
        await using var scene = await OperatorScene.StartAsync(templates: SceneFolder.Token());
        var (inside, outside) = (scene.Token("ina", "test-admins"), scene.Token("otto", "elsewhere-admins"));
        foreach (var kind in new[] { "freezes", "holds" })
        {
            Assert.Equal("template=token,environment=test", (await SetAsync(scene, inside, kind, "template=token")).GetProperty("selector").GetString());
            Assert.Equal("environment=test", (await SetAsync(scene, inside, kind, "--all")).GetProperty("selector").GetString());
            Assert.Equal("environment=test,template=x", (await SetAsync(scene, inside, kind, "environment=test,template=x")).GetProperty("selector").GetString());
            Assert.Equal("operator_forbidden", (await TryAsync(scene, inside, kind, "environment=elsewhere")).Code);
            Assert.Equal("environment=elsewhere", (await SetAsync(scene, outside, kind, "--all")).GetProperty("selector").GetString());
        }

        // What the other one froze stops nothing here; what was frozen here does.
        foreach (var freeze in (await scene.AsAsync(inside, HttpMethod.Get, "/v1/freezes")).Json.GetProperty("items").EnumerateArray())
        {
            Assert.Equal(HttpStatusCode.NoContent, (await scene.AsAsync(inside, HttpMethod.Delete, $"/v1/freezes/{freeze.GetProperty("id").GetString()}")).Status);
        }

        var (_, lease) = await scene.LeaseAsync("token");
        Assert.NotEmpty(lease);
    }

    [Fact]
    public async Task Under_several_selectors_a_freeze_has_to_lie_within_one()
    {
        await using var scene = await OperatorScene.StartAsync();
        var both = scene.Token("both", "test-admins elsewhere-admins");
        var refused = await TryAsync(scene, both, "freezes", "template=token");
        Assert.Equal("operator_forbidden", refused.Code);
        Assert.Contains("environment=test or environment=elsewhere", refused.Json.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Equal("template=token,environment=elsewhere", (await SetAsync(scene, both, "freezes", "template=token,environment=elsewhere")).GetProperty("selector").GetString());
    }

    [Fact]
    public async Task A_control_that_reaches_further_is_seen_where_it_touches_and_lifted_by_nobody_narrower()
    {
        await using var scene = await OperatorScene.StartAsync();
        var inside = scene.Token("ina", "test-admins");
        foreach (var kind in new[] { "freezes", "holds" })
        {
            var everywhere = await SetAsync(scene, scene.Token("adam", "admins"), kind, "template=token");
            var elsewhere = await SetAsync(scene, scene.Token("adam", "admins"), kind, "environment=elsewhere");
            var seen = (await scene.AsAsync(inside, HttpMethod.Get, $"/v1/{kind}")).Json.GetProperty("items").EnumerateArray().Select(i => i.GetProperty("id").GetString());
            Assert.Equal([everywhere.GetProperty("id").GetString()], seen);
            foreach (var control in new[] { everywhere, elsewhere })
            {
                Assert.Equal("operator_forbidden", (await scene.AsAsync(inside, HttpMethod.Delete, $"/v1/{kind}/{control.GetProperty("id").GetString()}")).Code);
            }

            Assert.Equal(2, (await scene.AsAsync(scene.Token("adam", "admins"), HttpMethod.Get, $"/v1/{kind}")).Json.GetProperty("items").GetArrayLength());
        }
    }

    [Fact]
    public async Task A_task_is_ended_by_whoever_reaches_all_that_is_known_of_it()
    {
        await using var scene = await OperatorScene.StartAsync(templates: SceneFolder.Token());
        var (pod, lease) = await scene.LeaseAsync("token");
        var (inside, outside) = (scene.Token("ina", "test-admins"), scene.Token("otto", "elsewhere-admins"));
        Assert.Equal("operator_forbidden", (await scene.AsAsync(outside, HttpMethod.Post, $"/v1/tasks/task-{pod}/end")).Code);
        // Of an unknown task nothing is known, so that no selector can be applied to it.
        Assert.Equal("operator_forbidden", (await scene.AsAsync(inside, HttpMethod.Post, "/v1/tasks/unknown/end")).Code);
        Assert.Equal("active", (await scene.Scene.LeaseAsync(lease)).GetProperty("state").GetString());
        Assert.Equal(HttpStatusCode.OK, (await scene.AsAsync(inside, HttpMethod.Post, $"/v1/tasks/task-{pod}/end")).Status);
    }

    [Fact]
    public async Task Templates_outside_are_not_listed_not_judged_not_made_and_not_replaced()
    {
        await using var scene = await OperatorScene.StartAsync(templates: [SceneFolder.Token(), SceneFolder.Token("other-env").Replace("environment: test", "environment: elsewhere", StringComparison.Ordinal)]);
        var (inside, outside) = (scene.Token("ina", "test-admins"), scene.Token("otto", "elsewhere-admins"));
        Assert.Equal(["token"], await NamesAsync(scene, inside));
        Assert.Equal(["other-env"], await NamesAsync(scene, outside));
        foreach (var (method, path) in new[] { (HttpMethod.Put, "/v1/templates"), (HttpMethod.Post, "/v1/templates/validate") })
        {
            Assert.Equal("operator_forbidden", (await scene.YamlAsync(outside, method, path, SceneFolder.Token())).Code);
            Assert.Equal(HttpStatusCode.OK, (await scene.YamlAsync(inside, method, path, SceneFolder.Token())).Status);
        }

        // Its own environment, another's name: this would take the template away from where it is.
        var taking = await scene.YamlAsync(outside, HttpMethod.Put, "/v1/templates", SceneFolder.Token().Replace("environment: test", "environment: elsewhere", StringComparison.Ordinal));
        Assert.Equal("operator_forbidden", taking.Code);
        Assert.Contains("the template that this replaces", taking.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Readiness_is_told_to_a_narrowed_operator_as_to_anybody_and_that_is_no_refusal()
    {
        await using var scene = await OperatorScene.StartAsync(templates: SceneFolder.Token());
        foreach (var narrowed in new[] { "test-admins", "elsewhere-admins", "shop-responders" })
        {
            var told = await scene.AsAsync(scene.Token("ina", narrowed), HttpMethod.Get, "/healthz/ready");
            Assert.Equal((HttpStatusCode.OK, """{"status":"ready"}"""), (told.Status, told.Body));
        }

        foreach (var wide in new[] { "auditors", "platform", "responders", "test-admins auditors" })
        {
            Assert.Contains("signed-token/internal", (await scene.AsAsync(scene.Token("wanda", wide), HttpMethod.Get, "/healthz/ready")).Body, StringComparison.Ordinal);
        }

        // One that was refused elsewhere is counted, so that what is not there was not counted.
        Assert.Equal("operator_forbidden", (await scene.AsAsync(scene.Token("ina", "test-admins"), HttpMethod.Get, "/v1/audit")).Code);
        await scene.Broker.Get<DoorTally>().TellAsync();
        var refused = Assert.Single(await scene.AuditAsync("operator.refused"));
        Assert.Equal("operator_forbidden GET /v1/audit", refused.GetProperty("detail").GetString());
    }

    [Fact]
    public async Task Approvals_outside_are_not_listed_and_not_shown()
    {
        await using var scene = await OperatorScene.StartAsync(templates: SceneFolder.Token());
        await scene.LeaseAsync("token");
        var mine = await scene.AsAsync(scene.Token("ina", "test-admins"), HttpMethod.Get, "/v1/approvals");
        var id = Assert.Single(mine.Json.GetProperty("approvals").EnumerateArray()).GetProperty("id").GetString();
        Assert.Equal(HttpStatusCode.OK, (await scene.AsAsync(scene.Token("ina", "test-admins"), HttpMethod.Get, $"/v1/approvals/{id}")).Status);
        foreach (var other in new[] { scene.Token("otto", "elsewhere-admins"), scene.Token("shea", "shop-responders") })
        {
            Assert.Equal(0, (await scene.AsAsync(other, HttpMethod.Get, "/v1/approvals")).Json.GetProperty("approvals").GetArrayLength());
            Assert.Equal("not_found", (await scene.AsAsync(other, HttpMethod.Get, $"/v1/approvals/{id}")).Code);
        }
    }

    [Fact]
    public async Task A_claim_is_explained_to_whoever_reaches_it()
    {
        await using var scene = await OperatorScene.StartAsync(templates: SceneFolder.Token());
        var claim = new JsonObject { ["template"] = "token", ["evidence"] = scene.Scene.Token(scene.Scene.NewPod()) };
        var described = new JsonObject { ["template"] = "token", ["workload"] = "k8s://cluster/shop/checkout", ["instance"] = "pod" };
        foreach (var groups in new[] { "test-admins", "shop-responders" }) Assert.Equal(HttpStatusCode.OK, (await scene.AsAsync(scene.Token("ina", groups), HttpMethod.Post, "/v1/explain", claim)).Status);
        Assert.Equal("operator_forbidden", (await scene.AsAsync(scene.Token("otto", "elsewhere-admins"), HttpMethod.Post, "/v1/explain", claim)).Code);
        // A description says nothing of the namespace that a selector could be applied to.
        Assert.Equal("operator_forbidden", (await scene.AsAsync(scene.Token("shea", "shop-responders"), HttpMethod.Post, "/v1/explain", described)).Code);
        Assert.Equal("operator_forbidden", (await scene.AsAsync(scene.Token("ina", "test-admins"), HttpMethod.Post, "/v1/explain", new JsonObject { ["template"] = "token", ["evidence"] = "garbage" })).Code);
    }

    [Fact]
    public async Task Where_no_selector_can_be_applied_a_narrowed_operator_is_refused_and_told_why()
    {
        await using var scene = await OperatorScene.StartAsync();
        foreach (var path in new[] { "/v1/audit", "/v1/audit?tail=1", "/v1/audit?lease=x" })
        {
            var reply = await scene.AsAsync(scene.Token("ina", "test-admins"), HttpMethod.Get, path);
            Assert.Equal("operator_forbidden", reply.Code);
            Assert.Contains("narrowed by a selector, which cannot be applied here", reply.Body, StringComparison.Ordinal);
        }

        Assert.Contains(AccessTable.Rows, row => row is { Route: "/v1/audit", Narrows: false });
        Assert.False(new AccessRow("GET", "/v1/new", CredentialBroker.Hosting.Audience.Operator, Role.Auditor).Narrows);
    }

    private static async Task<string[]> ListedAsync(OperatorScene scene, string token, string query)
    {
        var reply = await scene.AsAsync(token, HttpMethod.Get, $"/v1/leases{query}");
        Assert.True(reply.Status == HttpStatusCode.OK, reply.Body);
        return [.. reply.Json.GetProperty("leases").EnumerateArray().Select(l => l.GetProperty("id").GetString()!)];
    }

    private static async Task<string[]> NamesAsync(OperatorScene scene, string token) =>
        [.. (await scene.AsAsync(token, HttpMethod.Get, "/v1/templates")).Json.GetProperty("templates").EnumerateArray().Select(t => t.GetProperty("name").GetString()!)];

    private static Task<Reply> TryAsync(OperatorScene scene, string token, string kind, string selector) =>
        scene.AsAsync(token, HttpMethod.Post, $"/v1/{kind}", new JsonObject { ["selector"] = selector, ["reason"] = "drill", ["for"] = "1h" });

    private static async Task<JsonElement> SetAsync(OperatorScene scene, string token, string kind, string selector)
    {
        var reply = await TryAsync(scene, token, kind, selector);
        Assert.True(reply.Status == HttpStatusCode.Created, reply.Body);
        return reply.Json;
    }
}
