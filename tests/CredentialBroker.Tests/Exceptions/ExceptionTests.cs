using System.Net;
using System.Text.Json;
using CredentialBroker.TestInfra;
using CredentialBroker.Tests.Refusals;

namespace CredentialBroker.Tests.Exceptions;

/// <summary>A rule bent in the open: by two people, for a while, and everything that rests on it ends with it.</summary>
public sealed class ExceptionTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgres")]
    public async Task R52_An_exception_of_two_people_lets_a_lease_live_longer_and_ends_it_with_the_window(string kind)
    {
        await using var hostile = await HostileScene.StartAsync(kind == "postgres" ? await postgres.NewDatabaseAsync() : null, templates: [SceneFolder.Token()]);
        var (alice, bob) = await Asks.PeopleAsync(hostile);
        var scene = hostile.Scene;
        var pod = await hostile.ApprovedPodAsync("token");
        await hostile.RefusedAsync(403, "ttl_too_long", true, "without", () => LongAsync(hostile, pod));

        var id = await Asks.IdAsync(alice.PostAsync("/v1/exceptions", Asks.Exception()));
        await hostile.RefusedAsync(403, "ttl_too_long", true, "only asked for", () => LongAsync(hostile, pod));
        Assert.Equal("self_approval", (await alice.PostAsync($"/v1/exceptions/{id}/approve")).Code);
        Assert.Equal("operator_forbidden", (await scene.OperatorAsync(HttpMethod.Post, $"/v1/exceptions/{id}/approve")).Code);
        await hostile.RefusedAsync(403, "ttl_too_long", true, "self-approved", () => LongAsync(hostile, pod));
        await Asks.DoneAsync(bob.PostAsync($"/v1/exceptions/{id}/approve"));
        Assert.Equal("exception_over", (await bob.PostAsync($"/v1/exceptions/{id}/approve")).Code);

        var usual = (await ClaimedAsync(scene.ClaimAsync(hostile.Token(pod), "token"))).GetProperty("lease");
        Assert.False(usual.TryGetProperty("exception", out _), "what needs no exception uses none");
        var lease = (await ClaimedAsync(LongAsync(hostile, pod))).GetProperty("lease");
        Assert.Equal(id, lease.GetProperty("exception").GetString());
        Assert.Equal(id, (await scene.LeaseAsync(lease.GetProperty("id").GetString()!)).GetProperty("exception").GetString());

        hostile.Pass(TimeSpan.FromMinutes(53));
        var late = await hostile.ApprovedPodAsync("token");
        var last = (await ClaimedAsync(LongAsync(hostile, late))).GetProperty("lease");
        Assert.Equal("exception_end", last.GetProperty("endsBecause").GetString());
        hostile.Pass(TimeSpan.FromMinutes(8));
        Assert.Equal("exception_end", (await scene.LeaseUntilAsync(last.GetProperty("id").GetString()!, "ended")).GetProperty("cause").GetString());
        await hostile.RefusedAsync(403, "ttl_too_long", true, "over", () => LongAsync(hostile, late));

        Assert.Equal("broker#alice", Assert.Single(await hostile.AuditAsync("exception.requested")).GetProperty("actor").GetString());
        var refused = await hostile.AuditAsync("exception.refused");
        Assert.Contains(refused, r => r.GetProperty("cause").GetString() == "self_approval");
        var approved = Assert.Single(await hostile.AuditAsync("exception.approved"));
        Assert.Equal(("broker#bob", "team-security"), (approved.GetProperty("actor").GetString(), approved.GetProperty("owners").GetProperty("policy").GetString()));
        var uses = await hostile.AuditAsync("exception.used");
        Assert.Equal(2, uses.Count);
        Assert.All(uses, use => Assert.Equal((id, "ticket INC-77"), (use.GetProperty("subject").GetString(), use.GetProperty("detail").GetString())));
        Assert.Equal("over", (await bob.GetAsync($"/v1/exceptions/{id}")).Json.GetProperty("state").GetString());
    }

    [Fact]
    public async Task R52_Ending_an_exception_ends_its_leases_and_a_refused_request_is_never_approved()
    {
        await using var hostile = await HostileScene.StartAsync(templates: [SceneFolder.Token()]);
        var (alice, bob) = await Asks.PeopleAsync(hostile);
        var id = await Asks.IdAsync(alice.PostAsync("/v1/exceptions", Asks.Exception()));
        await Asks.DoneAsync(bob.PostAsync($"/v1/exceptions/{id}/approve"));
        var pod = await hostile.ApprovedPodAsync("token");
        var lease = (await ClaimedAsync(LongAsync(hostile, pod))).GetProperty("lease").GetProperty("id").GetString()!;
        var usual = (await ClaimedAsync(hostile.Scene.ClaimAsync(hostile.Token(pod), "token"))).GetProperty("lease").GetProperty("id").GetString()!;

        await Asks.DoneAsync(alice.DeleteAsync($"/v1/exceptions/{id}?reason=done"));
        await Asks.DoneAsync(alice.DeleteAsync($"/v1/exceptions/{id}"));
        Assert.Equal("exception_end", (await hostile.Scene.LeaseUntilAsync(lease, "ended")).GetProperty("cause").GetString());
        Assert.Equal("active", (await hostile.Scene.LeaseAsync(usual)).GetProperty("state").GetString());
        Assert.Equal("done", Assert.Single(await hostile.AuditAsync("exception.ended")).GetProperty("detail").GetString());
        await hostile.RefusedAsync(403, "ttl_too_long", true, "ended", () => LongAsync(hostile, pod));

        var refused = await Asks.IdAsync(alice.PostAsync("/v1/exceptions", Asks.Exception()));
        await Asks.DoneAsync(bob.DeleteAsync($"/v1/exceptions/{refused}"));
        Assert.Equal("exception_over", (await bob.PostAsync($"/v1/exceptions/{refused}/approve")).Code);
        var forgotten = await Asks.IdAsync(alice.PostAsync("/v1/exceptions", Asks.Exception(@for: "72h")));
        hostile.Pass(TimeSpan.FromHours(25));
        var dora = await TestInfra.NamedOperator.AddAsync(hostile.Broker, "dora");
        Assert.Equal("exception_over", (await dora.PostAsync($"/v1/exceptions/{forgotten}/approve")).Code);
    }

    [Fact]
    public async Task R52_More_leases_at_a_time_are_an_exception_of_their_own_and_count_too()
    {
        await using var hostile = await HostileScene.StartAsync(templates: [SceneFolder.Token(concurrent: 1)]);
        var (alice, bob) = await Asks.PeopleAsync(hostile);
        var pod = await hostile.ApprovedPodAsync("token");
        var other = await hostile.ApprovedPodAsync("token");
        await ClaimedAsync(hostile.Scene.ClaimAsync(hostile.Token(pod), "token"));
        Assert.Equal("concurrent_leases", (await hostile.Scene.ClaimAsync(hostile.Token(pod), "token")).Code);
        var id = await Asks.IdAsync(alice.PostAsync("/v1/exceptions", Asks.Exception(new { concurrentLeases = 2 }, selector: $"instance={pod}")));
        await Asks.DoneAsync(bob.PostAsync($"/v1/exceptions/{id}/approve"));
        Assert.Equal(id, (await ClaimedAsync(hostile.Scene.ClaimAsync(hostile.Token(pod), "token"))).GetProperty("lease").GetProperty("exception").GetString());
        Assert.Equal("concurrent_leases", (await hostile.Scene.ClaimAsync(hostile.Token(pod), "token")).Code);
        await ClaimedAsync(hostile.Scene.ClaimAsync(hostile.Token(other), "token"));
        Assert.Equal("concurrent_leases", (await hostile.Scene.ClaimAsync(hostile.Token(other), "token")).Code);
    }

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgres")]
    public async Task R52_Many_who_approve_at_once_approve_it_once(string kind)
    {
        await using var hostile = await HostileScene.StartAsync(kind == "postgres" ? await postgres.NewDatabaseAsync() : null, templates: [SceneFolder.Token()]);
        var (alice, bob) = await Asks.PeopleAsync(hostile);
        var id = await Asks.IdAsync(alice.PostAsync("/v1/exceptions", Asks.Exception()));
        var replies = await Task.WhenAll(Enumerable.Range(0, 16).Select(i => i % 4 == 3 ? alice.DeleteAsync($"/v1/exceptions/{id}") : bob.PostAsync($"/v1/exceptions/{id}/approve")));
        Assert.All(replies, reply => Assert.True(reply.Status == HttpStatusCode.OK || reply.Code == "exception_over", reply.Body));
        Assert.True((await hostile.AuditAsync("exception.approved")).Count + (await hostile.AuditAsync("exception.refused")).Count == 1, "it was decided more than once");
        Assert.True((await hostile.AuditAsync("exception.ended")).Count <= 1, "it was ended more than once");
    }

    [Fact]
    public async Task R39_R52_A_request_that_is_not_in_order_is_refused_with_every_mistake()
    {
        await using var hostile = await HostileScene.StartAsync(templates: [SceneFolder.Token(), SceneFolder.Token("orders").Replace("tier: standard", "tier: critical", StringComparison.Ordinal)]);
        var (alice, _) = await Asks.PeopleAsync(hostile);
        (string Place, object Body)[] asked =
        [
            ("owners.policy", Asks.Exception(owners: new { runtime = "a", policy = " ", @operator = "c" })),
            ("ticket", Asks.Exception(ticket: "")),
            ("reason", Asks.Exception(reason: "two\nlines")),
            ("for", Asks.Exception(@for: "73h")),
            ("for", Asks.Exception(@for: "0s")),
            ("for", Asks.Exception(@for: "soon")),
            ("templates", Asks.Exception(template: "nobody-wrote-this")),
            ("selector", Asks.Exception(selector: "nonsense")),
            ("may", Asks.Exception(may: new { })),
            ("may.ttl", Asks.Exception(may: new { ttl = "16m" })),
            ("may.concurrentLeases", Asks.Exception(may: new { concurrentLeases = 0 })),
            ("may.firstClaimBinding", Asks.Exception(may: new { firstClaimBinding = true }, template: "orders")),
        ];
        foreach (var (place, body) in asked)
        {
            var reply = await alice.PostAsync("/v1/exceptions", body);
            Assert.True(reply.Code == "invalid", $"{place}: {reply.Body}");
            Assert.Contains(reply.Json.GetProperty("mistakes").EnumerateArray(), m => m.GetString()!.StartsWith(place, StringComparison.Ordinal));
        }

        Assert.Equal("request_malformed", (await alice.PostAsync("/v1/exceptions", new { templates = new[] { "token" }, reason = "x", ticket = "y", @for = "1h" })).Code);
        Assert.Equal("request_malformed", (await alice.PostAsync("/v1/exceptions", new { may = new { network = "all" } })).Code);
        Assert.Empty(await hostile.AuditAsync("exception.requested"));
        Assert.Equal("not_found", (await alice.PostAsync("/v1/exceptions/no-such/approve")).Code);
    }

    internal static async Task<JsonElement> ClaimedAsync(Task<Reply> claim)
    {
        var reply = await claim;
        Assert.True(reply.Status == HttpStatusCode.Created, reply.Body);
        return reply.Json;
    }

    private static Task<Reply> LongAsync(HostileScene hostile, string pod) => hostile.Scene.ClaimAsync(hostile.Token(pod), "token", null, ("ttl", "10m"));
}
