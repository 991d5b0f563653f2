using System.Text.Json.Nodes;
using CredentialBroker.TestInfra;
using CredentialBroker.Tests.Refusals;
using CredentialBroker.Tests.TestInfra;

namespace CredentialBroker.Tests.Exceptions;

/// <summary>One person's word in an emergency, and what is made of it afterwards.</summary>
public sealed class BreakGlassTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    [Fact]
    public async Task R51_A_named_person_lets_one_instance_claim_through_the_main_flow()
    {
        await using var hostile = await StartAsync(await postgres.NewDatabaseAsync());
        var (alice, bob) = await Asks.PeopleAsync(hostile);
        var scene = hostile.Scene;
        var (pod, other) = (scene.NewPod(), scene.NewPod());
        await hostile.RefusedAsync(403, "no_approval", true, "before", () => scene.ClaimAsync(hostile.Token(pod), "token"));
        Assert.Equal("operator_forbidden", (await scene.OperatorAsync(HttpMethod.Post, "/v1/breakglass", """{"template":"token","workload":"k8s://cluster/shop/checkout","instance":"i","reason":"x"}""")).Code);
        Assert.Equal("breakglass_locked", (await alice.PostAsync("/v1/breakglass", Asks.BreakGlass(pod, "short"))).Code);
        Assert.Equal("template_unknown", (await alice.PostAsync("/v1/breakglass", Asks.BreakGlass(pod, "orders"))).Code);
        Assert.Equal("invalid", (await alice.PostAsync("/v1/breakglass", Asks.BreakGlass(pod, @for: "61m"))).Code);

        var id = await Asks.IdAsync(alice.PostAsync("/v1/breakglass", Asks.BreakGlass(pod)));
        await hostile.RefusedAsync(403, "binding_mismatch", true, "another instance", () => scene.ClaimAsync(hostile.Token(other), "token"));
        await hostile.RefusedAsync(403, "no_approval", true, "another template", () => scene.ClaimAsync(hostile.Token(pod), "short"));
        var lease = (await ExceptionTests.ClaimedAsync(scene.ClaimAsync(hostile.Token(pod), "token"))).GetProperty("lease").GetProperty("id").GetString()!;
        var opened = Assert.Single(await hostile.AuditAsync("breakglass.opened"));
        Assert.Equal(("broker#alice", id), (opened.GetProperty("actor").GetString(), opened.GetProperty("subject").GetString()));
        Assert.Equal(lease, Assert.Single(await hostile.AuditAsync("breakglass.used")).GetProperty("lease").GetString());
        Assert.Contains("credbroker_breakglass_total{event=\"opened\"}", (await scene.SendAsync(HttpMethod.Get, "/metrics", null)).Body, StringComparison.Ordinal);

        await Asks.DoneAsync(bob.DeleteAsync($"/v1/breakglass/{id}?reason=closed"));
        Assert.Equal("approval_withdrawn", (await scene.LeaseUntilAsync(lease, "ended")).GetProperty("cause").GetString());
        await hostile.RefusedAsync(403, "approval_withdrawn", true, "closed", () => scene.ClaimAsync(hostile.Token(pod), "token"));
    }

    [Fact]
    public async Task R51_No_review_within_a_day_is_a_finding_and_locks_the_template()
    {
        await using var hostile = await StartAsync();
        var (alice, bob) = await Asks.PeopleAsync(hostile);
        var reviewed = await Asks.IdAsync(alice.PostAsync("/v1/breakglass", Asks.BreakGlass(hostile.Scene.NewPod())));
        var forgotten = await Asks.IdAsync(alice.PostAsync("/v1/breakglass", Asks.BreakGlass(hostile.Scene.NewPod())));
        Assert.Equal("self_approval", (await alice.PostAsync($"/v1/breakglass/{reviewed}/review", new { justified = true, note = "I say so" })).Code);
        await Asks.DoneAsync(bob.PostAsync($"/v1/breakglass/{reviewed}/review", new { justified = true, note = "the gate was down" }));
        Assert.Equal("exception_over", (await bob.PostAsync($"/v1/breakglass/{reviewed}/review", new { justified = false, note = "again" })).Code);

        hostile.Pass(TimeSpan.FromHours(24));
        var (carol, dave) = (await NamedOperator.AddAsync(hostile.Broker, "carol"), await NamedOperator.AddAsync(hostile.Broker, "dave"));
        Assert.Equal("breakglass_locked", (await carol.PostAsync("/v1/breakglass", Asks.BreakGlass(hostile.Scene.NewPod()))).Code);
        Assert.Equal(forgotten, (await HostileScene.AuditUntilAsync(carol, "breakglass.review_overdue")).GetProperty("subject").GetString());
        await Asks.DoneAsync(dave.PostAsync($"/v1/breakglass/{forgotten}/review", new { justified = false, note = "nobody knows why" }));
        await Asks.IdAsync(carol.PostAsync("/v1/breakglass", Asks.BreakGlass(hostile.Scene.NewPod())));
        Assert.Equal("not justified: nobody knows why", (await carol.GetAsync($"/v1/breakglass/{forgotten}")).Json.GetProperty("review").GetString());
    }

    private static Task<HostileScene> StartAsync(string? store = null) => HostileScene.StartAsync(
        store, change: c => c["Exceptions"] = new JsonObject { ["BreakGlass"] = new JsonObject { ["Templates"] = new JsonArray("token", "orders") } },
        templates: [SceneFolder.Token(), SceneFolder.Token("short")]);
}
