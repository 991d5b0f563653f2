using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using CredentialBroker.Issuance.Reevaluation;
using CredentialBroker.TestInfra;
using CredentialBroker.Tests.Refusals;
using Microsoft.Extensions.DependencyInjection;

namespace CredentialBroker.Tests.Issuance;

/// <summary>Live leases are judged by the rules of today: shown, and ended where that is the rule.</summary>
public sealed class ReevaluationTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    [Theory, InlineData("sqlite"), InlineData("postgres")]
    public async Task R36_What_would_not_be_granted_today_is_shown_with_its_clause_and_ended(string provider)
    {
        await using var point = await PolicyPoint.StartAsync();
        await using var hostile = await HostileScene.StartAsync(await postgres.StoreAsync(provider), c => c["Policy"] = new JsonObject
        {
            ["Url"] = point.Url.ToString(), ["Timeout"] = "00:00:00.500", ["EndChanged"] = false,
        }, templates: [SceneFolder.Token(), SceneFolder.Token("short")]);
        var (kept, changed) = (await ClaimedAsync(hostile, "short"), await ClaimedAsync(hostile, "token"));
        Assert.Empty(await ChangedAsync(hostile));

        // A template whose new revision takes only what is pinned: what was granted under the old one would not be.
        await hostile.Scene.ActivateAsync(SceneFolder.Token(more: "requires: { image: { digest: true } }"));
        var one = Assert.Single(await ChangedAsync(hostile));
        Assert.Equal((changed, "image", "image_refused"), (Text(one, "lease"), Text(one, "clause"), Text(one, "code")));
        Assert.Empty(await ChangedAsync(hostile, "template=short"));

        // Policy that cannot be asked is no answer; policy that says no is one for every lease.
        point.Answer(500, "");
        Assert.Single(await ChangedAsync(hostile));
        point.Answer(200, """{"result":{"allow":false,"revision":"r2"}}""");
        Assert.Equal([(changed, "image"), (kept, "external_policy")], (await ChangedAsync(hostile)).OrderByDescending(l => Text(l, "clause")).Select(l => (Text(l, "lease"), Text(l, "clause"))));

        // A freeze stops new claims, and is no reason to end what is live.
        point.Answer(200, ExternalPolicyTests.Yes);
        await hostile.Broker.Get<Controls.ControlStore>().FreezeAsync("template=short", "test", "tests", null);
        Assert.Single(await ChangedAsync(hostile));

        Assert.Equal("active", (await hostile.Scene.LeaseAsync(changed)).GetProperty("state").GetString());
        Assert.Equal(1, await ActivatorUtilities.CreateInstance<ReevaluationJob>(hostile.Broker.Host.Services).EndChangedAsync(default));
        Assert.Equal("template_changed", (await hostile.Scene.LeaseUntilAsync(changed, "ended")).GetProperty("cause").GetString());
        Assert.Equal("active", (await hostile.Scene.LeaseAsync(kept)).GetProperty("state").GetString());
        Assert.Equal("image_refused", Assert.Single(await hostile.AuditAsync("lease.not_granted_anew")).GetProperty("cause").GetString());
    }

    [Fact]
    public async Task R36_R07_Policy_that_is_tightened_ends_what_it_would_refuse()
    {
        await using var point = await PolicyPoint.StartAsync();
        await using var hostile = await HostileScene.StartAsync(change: c => c["Policy"] = new JsonObject { ["Url"] = point.Url.ToString(), ["ReviewEvery"] = "00:00:10" }, templates: [SceneFolder.Token()]);
        var lease = await ClaimedAsync(hostile, "token");
        point.Answer(200, """{"result":{"allow":false,"revision":"r2"}}""");
        for (var i = 0; (await hostile.Scene.LeaseAsync(lease)).GetProperty("state").GetString() != "ended"; i++)
        {
            Assert.True(i < 300, "the lease goes on");
            hostile.Pass(TimeSpan.FromSeconds(1));
            await Task.Delay(100);
        }

        Assert.Equal("policy_changed", (await hostile.Scene.LeaseAsync(lease)).GetProperty("cause").GetString());
    }

    [Fact]
    public async Task R18_The_eleventh_in_a_minute_is_refused_and_its_workload_frozen_and_nobody_elses()
    {
        await using var hostile = await HostileScene.StartAsync(templates: [SceneFolder.Token(concurrent: 50, more: "velocity: { per: 1m, workload: 10, freeze: 5m }")]);
        var (fast, slow) = (await hostile.ApprovedPodAsync("token"), await hostile.ApprovedPodAsync("token"));
        // All at the beginning of a minute.
        hostile.Pass(TimeSpan.FromMilliseconds(60_000 - (hostile.Clock.GetUtcNow().ToUnixTimeMilliseconds() % 60_000)));
        var answers = await Task.WhenAll(Enumerable.Range(0, 11).Select(_ => hostile.Scene.ClaimAsync(hostile.Token(fast), "token")));
        Assert.Equal(10, answers.Count(a => a.Status == HttpStatusCode.Created));
        Assert.Contains(answers, a => a.Code is "velocity" or "frozen");
        Assert.Equal("frozen", (await hostile.Scene.ClaimAsync(hostile.Token(fast), "token")).Code);
        var breach = Assert.Single(await hostile.AuditAsync("velocity.breached"));
        Assert.Equal(fast, Text(breach, "subject"));
        Assert.Equal(Text(breach, "cause"), Text(Assert.Single(await hostile.AuditAsync("freeze.set")), "subject"));
        Assert.Equal(HttpStatusCode.Created, (await hostile.Scene.ClaimAsync(hostile.Token(slow), "token")).Status);
        hostile.Pass(TimeSpan.FromMinutes(5.1));
        Assert.Equal(HttpStatusCode.Created, (await hostile.Scene.ClaimAsync(hostile.Token(fast), "token")).Status);
    }

    [Fact]
    public async Task R18_R20_What_is_autonomous_is_counted_for_itself_and_its_owner_where_nothing_is_said()
    {
        await using var hostile = await HostileScene.StartAsync(templates: [SceneFolder.Token(concurrent: 50)]);
        var pod = await hostile.ApprovedPodAsync("token", ("riskClass", "autonomous"), ("owner", "team-agents"), ("intent", new JsonObject { ["purpose"] = "CHG-7" }));
        hostile.Pass(TimeSpan.FromMilliseconds(60_000 - (hostile.Clock.GetUtcNow().ToUnixTimeMilliseconds() % 60_000)));
        for (var i = 0; i < 10; i++) Assert.Equal(HttpStatusCode.Created, (await hostile.Scene.ClaimAsync(hostile.Token(pod), "token")).Status);
        Assert.Equal("velocity", (await hostile.Scene.ClaimAsync(hostile.Token(pod), "token")).Code);
        Assert.Equal(10, await hostile.NumberAsync("SELECT given FROM velocity WHERE counted = 'token owner team-agents'"));
    }

    private static async Task<List<JsonElement>> ChangedAsync(HostileScene hostile, string? selector = null)
    {
        var reply = await hostile.Scene.OperatorAsync(HttpMethod.Get, "/v1/reviews/would-change" + (selector is null ? "" : $"?selector={Uri.EscapeDataString(selector)}"));
        Assert.True(reply.Status == HttpStatusCode.OK, reply.Body);
        return [.. reply.Json.GetProperty("leases").EnumerateArray()];
    }

    private static async Task<string> ClaimedAsync(HostileScene hostile, string template)
    {
        var reply = await hostile.Scene.ClaimAsync(hostile.Token(await hostile.ApprovedPodAsync(template)), template);
        Assert.True(reply.Status == HttpStatusCode.Created, reply.Body);
        return reply.Json.GetProperty("lease").GetProperty("id").GetString()!;
    }

    private static string? Text(JsonElement of, string name) => of.GetProperty(name).GetString();
}
