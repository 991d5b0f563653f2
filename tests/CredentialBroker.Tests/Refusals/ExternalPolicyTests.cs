using System.Net;
using System.Text.Json.Nodes;
using CredentialBroker.Configuration;
using CredentialBroker.TestInfra;
using CredentialBroker.Tests.Exceptions;
using Microsoft.Extensions.Configuration;

namespace CredentialBroker.Tests.Refusals;

/// <summary>An external policy point that fails in every way, and the one exception somebody signed for.</summary>
public sealed class ExternalPolicyTests
{
    public const string Yes = """{"result":{"allow":true,"revision":"r1"}}""";

    [Fact]
    public async Task R01_R02_Whatever_is_no_explicit_yes_denies_and_is_recorded()
    {
        await using var point = await PolicyPoint.StartAsync();
        await using var hostile = await StartAsync(point.Url);
        var scene = hostile.Scene;
        var pod = await hostile.ApprovedPodAsync("token");
        var lease = await ClaimedAsync(hostile, pod);
        (string What, int Status, string Body)[] faults =
        [
            ("status 500", 500, Yes), ("no content", 204, ""), ("empty body", 200, ""), ("malformed JSON", 200, """{"result":{"allow":true"""),
            ("undefined result", 200, "{}"), ("allow as text", 200, """{"result":{"allow":"true","revision":"r1"}}"""),
            ("bare true", 200, """{"result":true}"""), ("unknown revision", 200, """{"result":{"allow":true,"revision":"r9"}}"""),
            ("no revision", 200, """{"result":{"allow":true}}"""), ("redirect", 307, Yes), ("a list", 200, "[]"), ("null", 200, "null"),
            ("two answers", 200, """{"result":{"allow":true,"allow":false,"revision":"r1"}}"""), ("too large", 200, new string(' ', 70_000) + Yes),
            ("too deep", 200, string.Concat(Enumerable.Repeat("""{"result":""", 40)) + "1" + new string('}', 40)),
        ];
        foreach (var (what, status, body) in faults)
        {
            point.Answer(status, body);
            await hostile.RefusedAsync(503, "policy_unavailable", decided: true, what, () => scene.ClaimAsync(hostile.Token(pod), "token"));
        }

        await hostile.RefusedAsync(503, "policy_unavailable", true, "renewal", () => scene.RenewAsync(hostile.Token(pod), lease));
        point.Answer(0, "");
        await hostile.RefusedAsync(503, "policy_unavailable", true, "timeout", () => scene.ClaimAsync(hostile.Token(pod), "token"));
        point.Answer(200, """{"result":{"allow":false,"revision":"r1"}}""");
        await hostile.RefusedAsync(403, "policy_denied", true, "no", () => scene.ClaimAsync(hostile.Token(pod), "token"));
        await point.StopAsync();
        await hostile.RefusedAsync(503, "policy_unavailable", true, "refused connection", () => scene.ClaimAsync(hostile.Token(pod), "token"));

        var decisions = (await hostile.AuditAsync("credential.decision")).Select(d => d.GetProperty("decision")).ToList();
        Assert.Equal("r1", decisions[0].GetProperty("policyRevision").GetString());
        Assert.Equal(faults.Length + 3, decisions.Count(d => d.GetProperty("reasonCode").GetString() == "policy_unavailable"));
        Assert.Empty(await hostile.AuditAsync("risk_acceptance.used"));
        var metrics = (await scene.SendAsync(HttpMethod.Get, "/metrics", null)).Body;
        Assert.Contains("policy_unavailable", metrics, StringComparison.Ordinal);
        Assert.Contains("policy_denied", metrics, StringComparison.Ordinal);
    }

    [Fact]
    public async Task R03_A_risk_acceptance_covers_its_templates_tells_each_use_and_ends_on_its_day()
    {
        await using var point = await PolicyPoint.StartAsync();
        await using var hostile = await StartAsync(point.Url, "risk:outage", SceneFolder.Token(), SceneFolder.Token("short"), SceneFolder.Token("orders").Replace("tier: standard", "tier: critical", StringComparison.Ordinal));
        var scene = hostile.Scene;
        var (alice, bob) = await Asks.PeopleAsync(hostile);
        point.Answer(500, "");
        var pod = await hostile.ApprovedPodAsync("token");
        await hostile.RefusedAsync(503, "policy_unavailable", true, "nobody accepted it", () => scene.ClaimAsync(hostile.Token(pod), "token"));
        var id = await Asks.IdAsync(alice.PostAsync("/v1/risk-acceptances", Asks.Risk(templates: ["token", "orders"])));
        Assert.Equal("self_approval", (await alice.PostAsync($"/v1/risk-acceptances/{id}/approve")).Code);
        await hostile.RefusedAsync(503, "policy_unavailable", true, "one person accepted it", () => scene.ClaimAsync(hostile.Token(pod), "token"));
        await Asks.DoneAsync(bob.PostAsync($"/v1/risk-acceptances/{id}/approve"));
        var lease = await ClaimedAsync(hostile, pod);
        Assert.Equal(HttpStatusCode.OK, (await scene.RenewAsync(hostile.Token(pod), lease)).Status);

        var uses = await hostile.AuditAsync("risk_acceptance.used");
        Assert.Equal(2, uses.Count);
        Assert.All(uses, use =>
        {
            Assert.Equal("control", use.GetProperty("stream").GetString());
            Assert.Equal(id, use.GetProperty("subject").GetString());
            Assert.Equal("status 500", use.GetProperty("detail").GetString());
            Assert.Equal(lease, use.GetProperty("lease").GetString());
        });
        Assert.Contains("risk_acceptances_used", (await scene.SendAsync(HttpMethod.Get, "/metrics", null)).Body, StringComparison.Ordinal);

        var uncovered = await hostile.ApprovedPodAsync("short");
        await hostile.RefusedAsync(503, "policy_unavailable", true, "another template", () => scene.ClaimAsync(hostile.Token(uncovered), "short"));
        var critical = await hostile.ApprovedPodAsync("orders", ("tier", "critical"), ("approvers", new JsonArray("bob", "carol")));
        await hostile.RefusedAsync(503, "policy_unavailable", true, "tier critical", () => scene.ClaimAsync(hostile.Token(critical), "orders"));
        point.Answer(200, """{"result":{"allow":false,"revision":"r1"}}""");
        await hostile.RefusedAsync(403, "policy_denied", true, "a no is no fault", () => scene.ClaimAsync(hostile.Token(pod), "token"));

        point.Answer(500, "");
        hostile.Pass(TimeSpan.FromHours(2));
        await scene.LeaseUntilAsync(lease, "ended");
        var late = await hostile.ApprovedPodAsync("token");
        await hostile.RefusedAsync(503, "policy_unavailable", true, "expired while running", () => scene.ClaimAsync(hostile.Token(late), "token"));
        Assert.Equal(2, (await hostile.AuditAsync("risk_acceptance.used")).Count);
    }

    [Fact]
    public async Task R03_An_acceptance_of_another_name_or_ended_early_covers_nothing()
    {
        await using var point = await PolicyPoint.StartAsync();
        await using var hostile = await StartAsync(point.Url, "risk:outage");
        var (alice, bob) = await Asks.PeopleAsync(hostile);
        point.Answer(500, "");
        var pod = await hostile.ApprovedPodAsync("token");
        foreach (var (name, ended) in new[] { ("holiday", false), ("outage", true) })
        {
            var id = await Asks.IdAsync(alice.PostAsync("/v1/risk-acceptances", Asks.Risk(name, templates: ["token"])));
            await Asks.DoneAsync(bob.PostAsync($"/v1/risk-acceptances/{id}/approve"));
            if (ended) await Asks.DoneAsync(bob.DeleteAsync($"/v1/risk-acceptances/{id}"));
            await hostile.RefusedAsync(503, "policy_unavailable", true, name, () => hostile.Scene.ClaimAsync(hostile.Token(pod), "token"));
        }

        Assert.Equal("invalid", (await alice.PostAsync("/v1/risk-acceptances", Asks.Risk(@for: "31d", templates: ["token"]))).Code);
        Assert.Equal("invalid", (await alice.PostAsync("/v1/risk-acceptances", Asks.Risk("Two Words", templates: ["token"]))).Code);
        Assert.Empty(await hostile.AuditAsync("risk_acceptance.used"));
    }

    [Fact]
    public async Task R02_The_check_command_exits_non_zero_where_errors_would_be_allowed()
    {
        using var folder = new SceneFolder();
        var file = folder.Write(8200, null, c => c["Policy"] = new JsonObject { ["Url"] = "http://127.0.0.1:1/", ["OnError"] = "allow" });
        Assert.Equal(2, await Commands.CheckAsync(["--config", file]));
        Assert.Equal(0, await Commands.CheckAsync(["--config", folder.Write(8200)]));
    }

    [Fact]
    public void Unknown_keys_are_all_told_at_once_with_their_path()
    {
        using var folder = new SceneFolder();
        var file = folder.Write(8200, null, c =>
        {
            c["Hosting"]!["Lisen"] = "http://127.0.0.1:1";
            c["Policy"] = new JsonObject { ["OnErrors"] = "deny", ["RiskAcceptances"] = new JsonObject() };
            c["Exceptions"] = new JsonObject { ["BreakGlass"] = new JsonObject { ["Template"] = "token" } };
            c["TrustSources"]!["Workloads"]!["cluster"]!["Audiences"] = "x";
            c["Extra"] = new JsonObject { ["A"] = "b" };
        });
        var (_, mistakes) = ConfigurationReader.Read(ConfigurationReader.Sources(file), TimeProvider.System);
        foreach (var path in new[] { "Hosting:Lisen", "Policy:OnErrors", "Exceptions:BreakGlass:Template", "TrustSources:Workloads:cluster:Audiences", "Extra" })
        {
            Assert.Contains(mistakes, m => m.StartsWith(path + ": unknown", StringComparison.Ordinal));
        }
    }

    private static Task<HostileScene> StartAsync(Uri url, string onError = "deny", params string[] templates) => HostileScene.StartAsync(
        change: c => c["Policy"] = new JsonObject
        {
            ["Url"] = url.ToString(), ["Timeout"] = "00:00:00.500", ["Revisions"] = new JsonArray("r1"), ["OnError"] = onError,
        }, templates: templates.Length == 0 ? [SceneFolder.Token()] : templates);

    private static async Task<string> ClaimedAsync(HostileScene hostile, string pod)
    {
        var reply = await hostile.Scene.ClaimAsync(hostile.Token(pod), "token");
        Assert.True(reply.Status == HttpStatusCode.Created, reply.Body);
        return reply.Json.GetProperty("lease").GetProperty("id").GetString()!;
    }
}
