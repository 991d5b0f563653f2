using System.Net;
using System.Text.Json.Nodes;
using CredentialBroker.TestInfra;

namespace CredentialBroker.Tests.Refusals;

/// <summary>An external policy point that is gone for a while, and what each tier is answered meanwhile.</summary>
public sealed class OutageTests
{
    private static readonly string Low = SceneFolder.Token("low", more: "quarantine: { template: status }").Replace("tier: standard", "tier: low", StringComparison.Ordinal);
    private static readonly string Status = SceneFolder.Token("status", ttl: "1m", maxTtl: "1m").Replace("tier: standard", "tier: low", StringComparison.Ordinal);

    private static (string Name, JsonNode? Value)[] Privileged =>
    [
        ("tier", "privileged"), ("hostResources", new JsonArray("bind:/data:/data:ro")), ("posture", "batch@3"), ("ticket", "CHG-7"),
        ("image", new JsonObject { ["reference"] = $"shop@sha256:{new string('a', 64)}", ["verdict"] = "unsigned" }),
    ];

    [Fact]
    public async Task R04_Critical_fails_closed_at_once()
    {
        await using var point = await PolicyPoint.StartAsync();
        await using var hostile = await StartAsync(point, SceneFolder.Token("orders").Replace("tier: standard", "tier: critical", StringComparison.Ordinal));
        point.Answer(500, "");
        var pod = await hostile.ApprovedPodAsync("orders", ("tier", "critical"), ("approvers", new JsonArray("bob", "carol")));
        await hostile.RefusedAsync(503, "policy_unavailable", true, "critical", () => hostile.Scene.ClaimAsync(hostile.Token(pod), "orders"));
        Assert.Equal("critical", (await hostile.AuditAsync("credential.decision"))[^1].GetProperty("decision").GetProperty("tier").GetString());
    }

    [Fact]
    public async Task R06_A_privileged_claim_waits_and_is_granted_afresh_once_policy_says_yes()
    {
        await using var point = await PolicyPoint.StartAsync();
        await using var hostile = await StartAsync(point, SceneFolder.Token());
        point.Answer(500, "");
        var pod = await hostile.ApprovedPodAsync("token", Privileged);
        for (var i = 0; i < 3; i++)
        {
            var waits = await hostile.Scene.ClaimAsync(hostile.Token(pod), "token", key: "k1");
            Assert.Equal((HttpStatusCode.Accepted, "tier_deferred"), (waits.Status, waits.Json.GetProperty("code").GetString()));
            Assert.DoesNotContain("credential", waits.Body, StringComparison.Ordinal);
        }

        Assert.Equal(0, await hostile.NumberAsync("SELECT count(*) FROM leases"));
        Assert.Single(await hostile.AuditAsync("deferral.created"));
        // Rechecks find nobody to ask, and leave it.
        await RecheckUntilAsync(hostile, "SELECT rechecks FROM undecided_claims", 2);
        point.Answer(200, ExternalPolicyTests.Yes);
        await RecheckUntilAsync(hostile, "SELECT rechecks FROM undecided_claims", 3);
        Assert.Empty(await hostile.AuditAsync("deferral.resolved"));
        Assert.Equal(0, await hostile.NumberAsync("SELECT count(*) FROM leases"));
        var granted = await hostile.Scene.ClaimAsync(hostile.Token(pod), "token", key: "k1");
        Assert.True(granted.Status == HttpStatusCode.Created, granted.Body);
        Assert.StartsWith("granted after 3 rechecks", Assert.Single(await hostile.AuditAsync("deferral.resolved")).GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Equal(["deferred", "deferred", "deferred", "granted"], (await hostile.AuditAsync("credential.decision")).Select(d => d.GetProperty("decision").GetProperty("effect").GetString()));
    }

    [Fact]
    public async Task R06_A_privileged_claim_that_policy_refuses_or_never_answers_stays_refused()
    {
        await using var point = await PolicyPoint.StartAsync();
        await using var hostile = await StartAsync(point, SceneFolder.Token());
        point.Answer(500, "");
        var refused = await hostile.ApprovedPodAsync("token", Privileged);
        Assert.Equal(HttpStatusCode.Accepted, (await hostile.Scene.ClaimAsync(hostile.Token(refused), "token", key: "k1")).Status);
        point.Answer(200, """{"result":{"allow":false,"revision":"r1"}}""");
        await UntilAsync(hostile, "SELECT count(*) FROM undecided_claims WHERE outcome = 'refused'", 1);
        point.Answer(200, ExternalPolicyTests.Yes);
        await hostile.RefusedAsync(403, "deferral_over", true, "refused meanwhile", () => hostile.Scene.ClaimAsync(hostile.Token(refused), "token", key: "k1"));

        point.Answer(500, "");
        var forgotten = await hostile.ApprovedPodAsync("token", Privileged);
        Assert.Equal(HttpStatusCode.Accepted, (await hostile.Scene.ClaimAsync(hostile.Token(forgotten), "token", key: "k2")).Status);
        hostile.Pass(TimeSpan.FromMinutes(11));
        await UntilAsync(hostile, "SELECT count(*) FROM undecided_claims WHERE outcome = 'expired'", 1);
        point.Answer(200, ExternalPolicyTests.Yes);
        await hostile.RefusedAsync(403, "deferral_over", true, "too old", () => hostile.Scene.ClaimAsync(hostile.Token(forgotten), "token", key: "k2"));
        Assert.Equal(0, await hostile.NumberAsync("SELECT count(*) FROM leases"));
        Assert.Equal(["refused after", "expired after"], (await hostile.AuditAsync("deferral.resolved")).Select(r => string.Join(' ', r.GetProperty("detail").GetString()!.Split(' ')[..2])));
    }

    [Fact]
    public async Task R05_A_low_claim_is_answered_from_quarantine_and_loses_even_that_when_policy_says_no()
    {
        await using var point = await PolicyPoint.StartAsync();
        await using var hostile = await StartAsync(point, Status, Low);
        point.Answer(500, "");
        var pod = await hostile.ApprovedPodAsync("low", ("tier", "low"));
        var answer = await hostile.Scene.ClaimAsync(hostile.Token(pod), "low");
        Assert.True(answer.Status == HttpStatusCode.Created, answer.Body);
        var lease = answer.Json.GetProperty("lease");
        Assert.Equal("status", lease.GetProperty("template").GetString());
        var id = lease.GetProperty("id").GetString()!;
        Assert.Equal(HttpStatusCode.Forbidden, (await hostile.Scene.RenewAsync(hostile.Token(pod), id)).Status);
        Assert.Equal("quarantined", (await hostile.AuditAsync("credential.decision"))[0].GetProperty("decision").GetProperty("effect").GetString());
        Assert.Equal(id, Assert.Single(await hostile.AuditAsync("quarantine.entered")).GetProperty("lease").GetString());

        point.Answer(200, """{"result":{"allow":false,"revision":"r1"}}""");
        Assert.Equal("policy_changed", (await hostile.Scene.LeaseUntilAsync(id, "ended")).GetProperty("cause").GetString());
        await UntilAsync(hostile, "SELECT count(*) FROM undecided_claims WHERE outcome = 'refused'", 1);
        point.Answer(200, ExternalPolicyTests.Yes);
        Assert.Equal("low", (await hostile.Scene.ClaimAsync(hostile.Token(pod), "low")).Json.GetProperty("lease").GetProperty("template").GetString());
    }

    [Fact]
    public async Task R08_R17_R45_Policy_is_told_who_asks_for_what_why_how_long_and_what_they_hold()
    {
        await using var point = await PolicyPoint.StartAsync();
        var token = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        await File.WriteAllTextAsync(token, "opa-token\n");
        await using var hostile = await StartAsync(point, c => c["Policy"]!["TokenFile"] = token, SceneFolder.Token());
        var pod = await hostile.ApprovedPodAsync("token", [.. Privileged, ("intent", new JsonObject { ["purpose"] = "CHG-7" })]);
        var first = (await hostile.Scene.ClaimAsync(hostile.Token(pod), "token")).Json.GetProperty("lease").GetProperty("id").GetString();
        Assert.Equal(0, point.Asked.GetProperty("activeLeases").GetArrayLength());
        await hostile.Scene.ClaimAsync(hostile.Token(pod), "token");
        var input = point.Asked;
        Assert.Equal(first, Assert.Single(input.GetProperty("activeLeases").EnumerateArray()).GetProperty("lease").GetString());
        Assert.Equal(("claim", true, "token", "test", "privileged"), (Text("operation"), input.GetProperty("mint").GetBoolean(), Text("template"), Text("environment"), Text("tier")));
        Assert.Equal(("k8s://cluster/shop/checkout", pod, "alice", "CHG-7", "batch@3"), (Text("workload"), Text("instance"), Text("requester"), Text("ticket"), Text("posture")));
        Assert.Equal("bind:/data:/data:ro", Assert.Single(input.GetProperty("hostResources").EnumerateArray()).GetString());
        Assert.Equal($"sha256:{new string('a', 64)}", input.GetProperty("image").GetProperty("digest").GetString());
        Assert.Equal("CHG-7", input.GetProperty("intent").GetProperty("purpose").GetString());
        Assert.Equal(5 * 60_000, input.GetProperty("endsAt").GetInt64() - input.GetProperty("notBefore").GetInt64());
        Assert.Equal("audience:https://api.test", Assert.Single(input.GetProperty("privileges").EnumerateArray()).GetProperty("resource").GetString());
        Assert.Equal("Bearer opa-token", point.Authorization);
        File.Delete(token);

        string? Text(string name) => input.GetProperty(name).GetString();
    }

    [Fact]
    public async Task R01_A_revision_may_be_told_as_provenance_and_the_policys_own_decision_is_on_record()
    {
        await using var point = await PolicyPoint.StartAsync();
        await using var hostile = await StartAsync(point, SceneFolder.Token());
        point.Answer(200, """{"decision_id":"opa-1","provenance":{"bundles":{"main":{"revision":"r1"}}},"result":{"allow":true}}""");
        var pod = await hostile.ApprovedPodAsync("token");
        Assert.Equal(HttpStatusCode.Created, (await hostile.Scene.ClaimAsync(hostile.Token(pod), "token")).Status);
        var decision = (await hostile.AuditAsync("credential.decision"))[^1].GetProperty("decision");
        Assert.Equal(("r1", "opa-1", "standard"), (decision.GetProperty("policyRevision").GetString(), decision.GetProperty("policyDecision").GetString(), decision.GetProperty("profile").GetString()));
        point.Answer(200, """{"provenance":{"bundles":{"main":{"revision":"r1"},"other":{"revision":"r1"}}},"result":{"allow":true}}""");
        await hostile.RefusedAsync(503, "policy_unavailable", true, "two bundles", () => hostile.Scene.ClaimAsync(hostile.Token(pod), "token"));
        point.Answer(200, """{"provenance":{"bundles":{"main":{"revision":"r0"}}},"result":{"allow":true}}""");
        await hostile.RefusedAsync(503, "policy_unavailable", true, "a stale bundle", () => hostile.Scene.ClaimAsync(hostile.Token(pod), "token"));
    }

    private static Task<HostileScene> StartAsync(PolicyPoint point, params string[] templates) => StartAsync(point, _ => { }, templates);

    private static Task<HostileScene> StartAsync(PolicyPoint point, Action<JsonObject> change, params string[] templates) => HostileScene.StartAsync(change: c =>
    {
        c["TrustSources"]!["Approvals"]!["gate"]!["MaxTier"] = "privileged";
        c["TrustSources"]!["Approvals"]!["gate"]!["Templates"] = new JsonArray("token", "orders", "low");
        c["Policy"] = new JsonObject
        {
            ["Url"] = point.Url.ToString(), ["Timeout"] = "00:00:00.500", ["Revisions"] = new JsonArray("r1"), ["DeferFor"] = "00:10:00", ["RecheckEvery"] = "00:00:01",
            ["Environments"] = new JsonObject { ["test"] = "standard" },
        };
        change(c);
    }, templates: templates);

    /// <summary>Lets the scheduler look, without waiting for its pauses.</summary>
    private static async Task RecheckUntilAsync(HostileScene hostile, string sql, long least)
    {
        while (await hostile.NumberAsync(sql) < least)
        {
            hostile.Pass(TimeSpan.FromSeconds(5));
            await Task.Delay(200);
        }
    }

    private static async Task UntilAsync(HostileScene hostile, string sql, long expected)
    {
        for (var i = 0; await hostile.NumberAsync(sql) != expected; i++)
        {
            Assert.True(i < 600, sql);
            await Task.Delay(50);
        }
    }
}
