using System.Net;
using System.Text.Json.Nodes;
using CredentialBroker.Configuration;
using CredentialBroker.TestInfra;
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
        await using var hostile = await StartAsync(point.Url, Acceptance(), SceneFolder.Token(), SceneFolder.Token("short"), SceneFolder.Token("orders").Replace("tier: standard", "tier: critical", StringComparison.Ordinal));
        var scene = hostile.Scene;
        point.Answer(500, "");
        var pod = await hostile.ApprovedPodAsync("token");
        var lease = await ClaimedAsync(hostile, pod);
        Assert.Equal(HttpStatusCode.OK, (await scene.RenewAsync(hostile.Token(pod), lease)).Status);

        var uses = await hostile.AuditAsync("risk_acceptance.used");
        Assert.Equal(2, uses.Count);
        Assert.All(uses, use =>
        {
            Assert.Equal("control", use.GetProperty("stream").GetString());
            Assert.Equal("outage", use.GetProperty("subject").GetString());
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

    [Theory]
    [InlineData("allow", "neither deny nor the name")]
    [InlineData("Deny", "neither deny nor the name")]
    [InlineData("expired", "is expired")]
    [InlineData("early", "has not begun")]
    [InlineData("self", "is approved by its requester")]
    [InlineData("long", "at most 30 days")]
    [InlineData("bare", "name the templates")]
    public void R03_R04_A_fallback_that_nobody_else_signed_for_stops_the_start(string onError, string told)
    {
        var acceptances = Acceptance();
        JsonObject Changed(Action<JsonObject> change)
        {
            var one = acceptances["outage"]!.DeepClone().AsObject();
            change(one);
            return one;
        }

        var now = TimeProvider.System.GetUtcNow();
        acceptances["expired"] = Changed(a => (a["From"], a["Until"]) = (now.AddDays(-2).ToString("O"), now.AddDays(-1).ToString("O")));
        acceptances["early"] = Changed(a => (a["From"], a["Until"]) = (now.AddDays(1).ToString("O"), now.AddDays(2).ToString("O")));
        acceptances["self"] = Changed(a => a["ApprovedBy"] = "ALICE");
        acceptances["long"] = Changed(a => a["Until"] = now.AddDays(31).ToString("O"));
        acceptances["bare"] = Changed(a => a.Remove("Templates"));
        using var folder = new SceneFolder();
        var file = folder.Write(8200, null, c => c["Policy"] = new JsonObject { ["Url"] = "http://127.0.0.1:1/", ["OnError"] = onError, ["RiskAcceptances"] = acceptances });
        var (_, mistakes) = ConfigurationReader.Read(ConfigurationReader.Sources(file), TimeProvider.System);
        Assert.Contains(mistakes, m => m.StartsWith("Policy:", StringComparison.Ordinal) && m.Contains(told, StringComparison.Ordinal));
    }

    [Fact]
    public async Task R03_The_check_command_exits_non_zero_on_an_acceptance_that_does_not_hold()
    {
        using var folder = new SceneFolder();
        var acceptances = Acceptance();
        acceptances["outage"]!["ApprovedBy"] = "alice";
        var file = folder.Write(8200, null, c => c["Policy"] = new JsonObject { ["Url"] = "http://127.0.0.1:1/", ["OnError"] = "outage", ["RiskAcceptances"] = acceptances });
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
            c["Policy"] = new JsonObject { ["OnErrors"] = "deny", ["RiskAcceptances"] = new JsonObject { ["outage"] = new JsonObject { ["Aprover"] = "bob" } } };
            c["TrustSources"]!["Workloads"]!["cluster"]!["Audiences"] = "x";
            c["Extra"] = new JsonObject { ["A"] = "b" };
        });
        var (_, mistakes) = ConfigurationReader.Read(ConfigurationReader.Sources(file), TimeProvider.System);
        foreach (var path in new[] { "Hosting:Lisen", "Policy:OnErrors", "Policy:RiskAcceptances:outage:Aprover", "TrustSources:Workloads:cluster:Audiences", "Extra" })
        {
            Assert.Contains(mistakes, m => m.StartsWith(path + ": unknown", StringComparison.Ordinal));
        }
    }

    private static JsonObject Acceptance()
    {
        var now = TimeProvider.System.GetUtcNow();
        return new JsonObject
        {
            ["outage"] = new JsonObject
            {
                ["Templates"] = new JsonArray("token", "orders"), ["Owner"] = "team-security", ["RequestedBy"] = "alice", ["ApprovedBy"] = "bob", ["Reason"] = "move of the policy point",
                ["From"] = now.AddHours(-1).ToString("O"), ["Until"] = now.AddHours(1).ToString("O"),
            },
        };
    }

    private static Task<HostileScene> StartAsync(Uri url, JsonObject? acceptances = null, params string[] templates) => HostileScene.StartAsync(
        change: c => c["Policy"] = new JsonObject
        {
            ["Url"] = url.ToString(), ["Timeout"] = "00:00:00.500", ["Revisions"] = new JsonArray("r1"), ["OnError"] = acceptances is null ? "deny" : "outage",
            ["RiskAcceptances"] = acceptances,
        }, templates: templates.Length == 0 ? [SceneFolder.Token()] : templates);

    private static async Task<string> ClaimedAsync(HostileScene hostile, string pod)
    {
        var reply = await hostile.Scene.ClaimAsync(hostile.Token(pod), "token");
        Assert.True(reply.Status == HttpStatusCode.Created, reply.Body);
        return reply.Json.GetProperty("lease").GetProperty("id").GetString()!;
    }
}
