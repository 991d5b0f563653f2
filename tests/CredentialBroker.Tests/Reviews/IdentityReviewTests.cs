using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using CredentialBroker.Leases;
using CredentialBroker.Reviews;
using CredentialBroker.Reviews.Identity;
using CredentialBroker.Storage.Journaling;
using CredentialBroker.TestInfra;
using CredentialBroker.Tests.Operators;

namespace CredentialBroker.Tests.Reviews;

/// <summary>Reviews are kept per workload and fingerprint, decided on by a person, and stand for what the workload is and nothing else.</summary>
public sealed class IdentityReviewTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    [Theory, InlineData("sqlite"), InlineData("postgres")]
    public async Task R58_R59_An_accepted_review_stands_until_the_identity_is_another(string store)
    {
        await using var scene = await OperatorScene.StartAsync(store == "postgres" ? await postgres.NewDatabaseAsync() : null, null, SceneFolder.Token(more: "requires: { identity: reviewed }"));
        var reviews = scene.Broker.Get<IdentityReviews>();
        const string workload = "k8s://cluster/shop/checkout";

        // An approved pod of a workload that nobody looked at gets nothing.
        var pod = scene.Scene.NewPod();
        await scene.Scene.ApproveAsync(scene.Scene.ApprovalOf(pod, "token"));
        Assert.Equal("review_invalid", (await scene.Scene.ClaimAsync(scene.Scene.Token(pod), "token")).Code);
        var dry = await ReviewAsync(scene, Shop.Whole(), "?cluster=cluster&dryRun=true");
        Assert.False(dry.TryGetProperty("id", out _));
        Assert.Empty(await reviews.AllCurrentAsync(default));

        var seen = await ReviewAsync(scene, Shop.Whole());
        Assert.Equal((workload, "pass", "open"), (seen.GetProperty("workload").GetString(), seen.GetProperty("result").GetString(), seen.GetProperty("state").GetString()));
        Assert.Contains(seen.GetProperty("checks")[3].GetProperty("items").EnumerateArray(), item => item.GetString()!.StartsWith("leases of template token: 5m", StringComparison.Ordinal));
        Assert.Null(await reviews.ReviewedAsync(workload, default));
        await DecideAsync(scene, seen, accept: true);
        var print = seen.GetProperty("fingerprint").GetString();
        Assert.Equal(print, await reviews.ReviewedAsync(workload, default));
        var (_, lease) = await scene.LeaseAsync("token");
        Assert.Equal(print, (await scene.AuditAsync("credential.decision"))[^1].GetProperty("decision").GetProperty("identity").GetString());

        // Another image is the same identity: the review stands.
        Assert.Equal("accepted", (await ReviewAsync(scene, Shop.Whole(deployment: Shop.Deployment(image: "other@sha256:cccc")))).GetProperty("state").GetString());
        Assert.Equal(print, await reviews.ReviewedAsync(workload, default));
        Assert.Empty(await scene.Broker.Get<Rechecks>().DueAsync(10, default));

        // Another annotation is another identity: the review is over at once, and its leases are judged again.
        var other = Shop.Account.Replace("namespace: shop", "namespace: shop, annotations: { eks.amazonaws.com/role-arn: \"arn:aws:iam::1:role/x\" }", StringComparison.Ordinal);
        var drifted = await ReviewAsync(scene, Shop.Whole(account: other));
        Assert.Equal("open", drifted.GetProperty("state").GetString());
        Assert.Contains("new: identity: AWS role arn:aws:iam::1:role/x", drifted.GetProperty("changes").EnumerateArray().Select(change => change.GetString()));
        Assert.Null(await reviews.ReviewedAsync(workload, default));
        Assert.Equal("policy_changed", (await scene.Scene.LeaseUntilAsync(lease, "ended")).GetProperty("cause").GetString());
        Assert.Equal("review_invalid", Assert.Single(await scene.AuditAsync("lease.not_granted_anew")).GetProperty("cause").GetString());
        Assert.Contains("AWS role", Assert.Single(await scene.AuditAsync("identity.drift")).GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Equal("stale", Assert.Single((await ListAsync(scene, $"?workload={Uri.EscapeDataString(workload)}")), one => one.GetProperty("fingerprint").GetString() == print).GetProperty("state").GetString());
        Assert.Contains("identity", (await scene.Scene.OperatorAsync(HttpMethod.Get, "/v1/findings")).Json.GetProperty("findings").EnumerateArray().Select(one => one.GetProperty("kind").GetString()));

        // What is not what the workload is now is not decided on.
        Assert.Equal("facts_changed", (await scene.Scene.OperatorAsync(HttpMethod.Post, $"/v1/reviews/identity/{seen.GetProperty("id").GetString()}/decision", """{"accept":true,"note":"late"}""")).Code);
        // Back to what was accepted is decided on anew, and its findings are gone.
        Assert.Equal("open", (await ReviewAsync(scene, Shop.Whole())).GetProperty("state").GetString());
        Assert.Null(await reviews.ReviewedAsync(workload, default));
        Assert.DoesNotContain("identity", (await scene.Scene.OperatorAsync(HttpMethod.Get, "/v1/findings")).Json.GetProperty("findings").EnumerateArray().Select(one => one.GetProperty("kind").GetString()));
        Assert.Single(await ListAsync(scene, ""));
        await DecideAsync(scene, seen, accept: false);
        Assert.Null(await reviews.ReviewedAsync(workload, default));
        Assert.Single(await scene.AuditAsync("identity.refused"));
    }

    [Theory]
    [InlineData("", "application/yaml", "a: 1"), InlineData("?cluster=No!", "application/yaml", "a: 1"), InlineData("?cluster=c", "text/plain", "a: 1"), InlineData("?cluster=c", "application/yaml", "a: 1"), InlineData("?cluster=c", "application/yaml", Shop.Account)]
    public async Task A_review_that_is_not_in_order_is_refused(string query, string type, string body)
    {
        await using var broker = await Brokers.StartAsync();
        Assert.Contains((await broker.Scene.OperatorAsync(HttpMethod.Post, "/v1/reviews/identity" + query, body, type)).Status, new[] { HttpStatusCode.BadRequest, HttpStatusCode.UnprocessableEntity });
    }

    [Theory, InlineData("sqlite"), InlineData("postgres")]
    public async Task R30_R33_R35_What_is_reached_is_told_exactly_and_what_is_shared_is_a_finding(string store)
    {
        await using var scene = await OperatorScene.StartAsync(store == "postgres" ? await postgres.NewDatabaseAsync() : null, null, SceneFolder.Token(), SceneFolder.Token("short").Replace("runtime: team-shop", "runtime: team-other", StringComparison.Ordinal));
        var (pod, first) = await scene.LeaseAsync("token");
        Assert.Equal(HttpStatusCode.Accepted, (await scene.Scene.ApproveAsync(scene.Scene.ApprovalOf(pod, "short"))).Status);
        Assert.Equal(HttpStatusCode.Created, (await scene.Scene.ClaimAsync(scene.Scene.Token(pod), "short")).Status);
        var (_, ended) = await scene.LeaseAsync("token");
        await scene.Scene.OperatorAsync(HttpMethod.Delete, $"/v1/leases/{ended}");
        await scene.Scene.LeaseUntilAsync(ended, "ended");

        var radius = await RadiusAsync(scene, $"instance={pod}");
        Assert.Equal((2L, 0L, 1L), Numbers(radius));
        Assert.Equal(["team-other", "team-shop"], radius.GetProperty("owners").EnumerateArray().Select(owner => owner.GetString()));
        Assert.Equal([("short", 1L), ("token", 1L)], radius.GetProperty("groups").EnumerateArray().Select(group => (group.GetProperty("template").GetString()!, group.GetProperty("live").GetInt64())).Order());
        Assert.All(radius.GetProperty("groups").EnumerateArray(), group => Assert.True(group.TryGetProperty("usableUntil", out _)));
        var privilege = Assert.Single(radius.GetProperty("privileges").EnumerateArray());
        Assert.Equal(("signed-token", "internal"), (privilege.GetProperty("backend").GetString(), privilege.GetProperty("target").GetString()));
        Assert.Equal(2, radius.GetProperty("privilegesOf").GetInt64());
        // The one that ended lately counts for the service account; within a second of its end only.
        Assert.Equal((2L, 1L, 2L), Numbers(await RadiusAsync(scene, "serviceaccount=checkout")));
        Assert.Equal((0L, 0L, 0L), Numbers(await RadiusAsync(scene, "serviceaccount=nobody")));
        Assert.Equal((1L, 1L, 2L), Numbers(await RadiusAsync(scene, "template=token")));
        Assert.Equal("active", (await scene.Scene.LeaseAsync(first)).GetProperty("state").GetString());
        var page = await scene.Scene.SendAsync(HttpMethod.Get, $"/v1/reviews/blast-radius?selector=instance%3D{pod}", scene.Scene.OperatorToken, null, ("Accept", "text/markdown"));
        Assert.Contains("## With which privileges", page.Body, StringComparison.Ordinal);
        Assert.Equal("invalid", (await scene.Scene.OperatorAsync(HttpMethod.Get, "/v1/reviews/blast-radius?selector=x%3D")).Code);
        Assert.Equal("invalid", (await scene.Scene.OperatorAsync(HttpMethod.Get, "/v1/reviews/blast-radius?selector=pod%3Dx&since=1000h")).Code);

        // Narrowed operators see what they reach.
        var stranger = await scene.AsAsync(scene.Token("eve", "elsewhere-admins"), HttpMethod.Get, $"/v1/reviews/blast-radius?selector=instance%3D{pod}");
        Assert.Equal(0, stranger.Json.GetProperty("live").GetInt64());

        // One identity, two owners; and one image in two clusters under different roles.
        var shared = scene.Broker.Get<SharedIdentities>();
        await shared.LookAsync(default);
        Assert.Contains("identity/k8s://cluster/shop/checkout: one identity holds leases of 2 owners: team-other, team-shop; give each its own", await FindingsAsync(scene, "shared_identity"));
        await scene.Broker.Get<Journal>().CommitAsync(Lane.Control,
            new PlainWrite("UPDATE approvals SET image_digest = 'sha256:aaaa'"), new PlainWrite("UPDATE leases SET template = 'short', workload_id = 'elsewhere' WHERE template = 'token'"),
            new PlainWrite("INSERT INTO workloads (id, source, kind, uri, subject, instance, cluster, strength, attributes, seen_at) VALUES ('elsewhere', 's', 'kubernetes', 'k8s://us/shop/checkout', 's', 'i', 'us', 2, '{}', 1)"));
        await shared.LookAsync(default);
        Assert.Empty(await FindingsAsync(scene, "role_spread"));
        await scene.Broker.Get<Journal>().CommitAsync(Lane.Control, new PlainWrite("UPDATE leases SET template = 'token' WHERE workload_id = 'elsewhere'"));
        await shared.LookAsync(default);
        Assert.Equal(["image/sha256:aaaa: one image has different roles in different clusters: cluster: signed-token/internal by short; us: signed-token/internal by token"], await FindingsAsync(scene, "role_spread"));
        Assert.Empty(await FindingsAsync(scene, "shared_identity"));
    }

    [Fact]
    public async Task R33_A_role_of_a_cloud_that_two_workloads_become_is_a_finding()
    {
        await using var scene = await OperatorScene.StartAsync();
        string Account(string name) => Shop.Account.Replace("name: checkout, namespace: shop", $"name: {name}, namespace: shop, annotations: {{ eks.amazonaws.com/role-arn: \"arn:aws:iam::1:role/x\" }}", StringComparison.Ordinal);
        await ReviewAsync(scene, Shop.Whole(account: Account("checkout")));
        var shared = scene.Broker.Get<SharedIdentities>();
        await shared.LookAsync(default);
        Assert.Empty(await FindingsAsync(scene, "shared_identity"));
        await ReviewAsync(scene, Shop.Whole(account: Account("basket"), deployment: Shop.Deployment().Replace("serviceAccountName: checkout", "serviceAccountName: basket", StringComparison.Ordinal)));
        await shared.LookAsync(default);
        Assert.Equal(["cloud/AWS role arn:aws:iam::1:role/x: several workloads become it: k8s://cluster/shop/basket, k8s://cluster/shop/checkout"], await FindingsAsync(scene, "shared_identity"));
        // What reviews found stays, whatever this look found.
        Assert.NotEmpty(await FindingsAsync(scene, "identity"));
    }

    [Fact]
    public async Task R62_An_exception_and_a_saved_selector_that_nothing_needs_are_findings_until_they_are_gone()
    {
        await using var scene = await OperatorScene.StartAsync(null, null, SceneFolder.Token());
        Assert.Equal(HttpStatusCode.OK, (await scene.Scene.OperatorAsync(HttpMethod.Put, "/v1/selectors/old", """{"selector":"template=token","note":"n"}""")).Status);
        var unused = scene.Broker.Get<Unused>();
        await unused.LookAsync(default);
        Assert.Empty(await FindingsAsync(scene, "unused"));
        var now = TimeProvider.System.GetUtcNow();
        await scene.Broker.Get<Journal>().CommitAsync(Lane.Control,
            new PlainWrite("UPDATE saved_selectors SET changed_at = @old", ("old", now.AddDays(-31).ToUnixTimeMilliseconds())),
            new PlainWrite("INSERT INTO exceptions (id, kind, state, name, templates, owners, reason, ticket, requested_by, requested_at, length, starts_at, ends_at) VALUES ('one', 1, 2, '', '[\"token\"]', '{}', 'r', 't', 'ann', 1, 1, @begun, @ends)",
                ("begun", now.AddHours(-25).ToUnixTimeMilliseconds()), ("ends", now.AddHours(10).ToUnixTimeMilliseconds())));
        await unused.LookAsync(default);
        Assert.Equal(["exception/one: no lease rested on it for 1d; take it away unless somebody needs it", "selector/old: selected nothing that was revoked for 30d; take it away unless somebody needs it"], (await FindingsAsync(scene, "unused")).Order(StringComparer.Ordinal));
        await scene.Broker.Get<Journal>().CommitAsync(Lane.Control, LeaseMarks.Of("some-lease", "one", false));
        Assert.Equal(HttpStatusCode.NoContent, (await scene.Scene.OperatorAsync(HttpMethod.Delete, "/v1/selectors/old")).Status);
        await unused.LookAsync(default);
        Assert.Empty(await FindingsAsync(scene, "unused"));
    }

    private static async Task<JsonElement> ReviewAsync(OperatorScene scene, string documents, string query = "?cluster=cluster")
    {
        var reply = await scene.Scene.OperatorAsync(HttpMethod.Post, "/v1/reviews/identity" + query, documents, "application/yaml");
        Assert.True(reply.Status == HttpStatusCode.OK, reply.Body);
        return Assert.Single(reply.Json.GetProperty("reviews").EnumerateArray());
    }

    private static async Task DecideAsync(OperatorScene scene, JsonElement review, bool accept)
    {
        var reply = await scene.Scene.OperatorAsync(HttpMethod.Post, $"/v1/reviews/identity/{review.GetProperty("id").GetString()}/decision", new JsonObject { ["accept"] = accept, ["note"] = "looked at" }.ToJsonString());
        Assert.True(reply.Status == HttpStatusCode.OK, reply.Body);
        Assert.Equal(accept ? "accepted" : "refused", reply.Json.GetProperty("state").GetString());
    }

    private static async Task<List<JsonElement>> ListAsync(OperatorScene scene, string query) => [.. (await scene.Scene.OperatorAsync(HttpMethod.Get, "/v1/reviews/identity" + query)).Json.GetProperty("reviews").EnumerateArray()];

    private static async Task<JsonElement> RadiusAsync(OperatorScene scene, string selector)
    {
        var reply = await scene.Scene.OperatorAsync(HttpMethod.Get, $"/v1/reviews/blast-radius?selector={Uri.EscapeDataString(selector)}");
        Assert.True(reply.Status == HttpStatusCode.OK, reply.Body);
        return reply.Json;
    }

    private static (long, long, long) Numbers(JsonElement radius) => (radius.GetProperty("live").GetInt64(), radius.GetProperty("recent").GetInt64(), radius.GetProperty("instances").GetInt64());

    private static async Task<List<string>> FindingsAsync(OperatorScene scene, string kind) => [.. (await scene.Scene.OperatorAsync(HttpMethod.Get, "/v1/findings")).Json.GetProperty("findings").EnumerateArray()
        .Where(one => one.GetProperty("kind").GetString() == kind).Select(one => $"{one.GetProperty("subject").GetString()}: {one.GetProperty("detail").GetString()}")];
}
