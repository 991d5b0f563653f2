using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using CredentialBroker.Storage;
using CredentialBroker.TestInfra;
using CredentialBroker.Tests.Operators;

namespace CredentialBroker.Tests.Incidents;

/// <summary>What a revocation did is told to whoever has to answer for it.</summary>
public sealed class ReportTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    public static TheoryData<string> Stores => ["sqlite", "postgres"];

    [Theory, MemberData(nameof(Stores))]
    public async Task R34_A_report_says_who_did_what_how_long_it_took_and_what_was_used_afterwards(string store)
    {
        await using var scene = await OperatorScene.StartAsync(store == "postgres" ? await postgres.NewDatabaseAsync() : null, null, SceneFolder.Token(), SceneFolder.Token("orders"));
        var (_, lease) = await scene.LeaseAsync("token");
        await scene.LeaseAsync("token");
        await scene.LeaseAsync("orders");
        var (alice, freeze) = (scene.Token("alice", "responders"), new JsonObject { ["selector"] = "template=token", ["reason"] = "INC-77 <b>|`x`", ["freeze"] = true });
        var opened = await scene.Scene.SendAsync(HttpMethod.Post, "/v1/revocations", alice, new StringContent(freeze.ToJsonString(), Encoding.UTF8, "application/json"), ("Idempotency-Key", "report-1"));
        var id = opened.Json.GetProperty("id").GetString()!;
        for (var i = 0; (await scene.Scene.OperatorAsync(HttpMethod.Get, $"/v1/revocations/{id}")).Json.GetProperty("state").GetString() != "finished"; i++)
        {
            Assert.True(i < 600, "the revocation did not finish");
            await Task.Delay(100);
        }

        var use = new JsonObject
        {
            ["timestamp"] = "2099-01-31 08:00:00.000 UTC", ["user"] = $"cb-{scene.Broker.Get<BrokerIdentity>().Id}-{lease}", ["remote_host"] = "192.0.2.1", ["session_id"] = "1.1", ["line_num"] = 1, ["ps"] = "SELECT",
        };
        Assert.Equal(HttpStatusCode.Accepted, (await scene.Scene.OperatorAsync(HttpMethod.Post, "/v1/uses/postgres", use.ToJsonString(), "application/x-ndjson")).Status);

        var report = (await scene.Scene.OperatorAsync(HttpMethod.Get, $"/v1/revocations/{id}/report")).Json;
        Assert.Equal("2 of 2 leases are ended at their target", report.GetProperty("sentence").GetString());
        var timeline = report.GetProperty("timeline").EnumerateArray().Select(one => (What: one.GetProperty("what").GetString()!, By: one.TryGetProperty("by", out var by) ? by.GetString() : null)).ToList();
        Assert.Contains(timeline, one => one.What.StartsWith("revocation of template=token asked for: INC-77", StringComparison.Ordinal) && one.By!.EndsWith("alice", StringComparison.Ordinal));
        Assert.Contains(timeline, one => one.What == "issuing of template=token stopped");
        Assert.Contains(timeline, one => one.What == "last lease so far ended at its target");
        Assert.Contains(timeline, one => one.What == "finished");
        var group = Assert.Single(report.GetProperty("classes").EnumerateArray());
        Assert.Equal(("signed-token/internal", "Condition", 2, 2), (group.GetProperty("target").GetString(), group.GetProperty("revocability").GetString(), group.GetProperty("leases").GetInt32(), group.GetProperty("ended").GetInt32()));
        Assert.InRange(group.GetProperty("slowestMs").GetInt64(), group.GetProperty("medianMs").GetInt64(), 60_000);
        Assert.False(group.TryGetProperty("usableUntil", out _));
        Assert.Equal(lease, Assert.Single(report.GetProperty("usesAfterEnd").EnumerateArray()).GetProperty("lease").GetString());
        Assert.Equal(2, report.GetProperty("leases").GetArrayLength());

        var page = (await scene.Scene.SendAsync(HttpMethod.Get, $"/v1/revocations/{id}/report", scene.Scene.OperatorToken, null, ("Accept", "text/markdown"))).Body;
        Assert.StartsWith($"# Revocation {id}\n\n2 of 2 leases are ended at their target.\n", page, StringComparison.Ordinal);
        Assert.Contains("INC-77 \\<b\\>\\|\\`x\\`", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<b>", page, StringComparison.Ordinal);
        Assert.Contains("| **yes** |", page, StringComparison.Ordinal);
        Assert.Equal("not_found", (await scene.Scene.OperatorAsync(HttpMethod.Get, "/v1/revocations/06bq2wz7v1e8k3m5n9p0r4s6t8/report")).Code);
        Assert.Equal("operator_forbidden", (await scene.AsAsync(scene.Token("pat", "platform"), HttpMethod.Get, $"/v1/revocations/{id}/report")).Code);
    }

    [Fact]
    public async Task Selectors_are_kept_under_names_by_those_who_reach_what_they_select()
    {
        await using var scene = await OperatorScene.StartAsync(null, null, SceneFolder.Token());
        var alice = scene.Token("alice", "responders");
        Task<Reply> SaveAsync(string who, string name, string selector, string note = "") => scene.AsAsync(who, HttpMethod.Put, $"/v1/selectors/{name}", new JsonObject { ["selector"] = selector, ["note"] = note });
        Assert.Equal("template=token", (await SaveAsync(alice, "tokens", "template=token", "all tokens")).Json.GetProperty("selector").GetString());
        Assert.Equal("tier=critical", (await SaveAsync(alice, "tokens", "tier=critical")).Json.GetProperty("selector").GetString());
        foreach (var (name, selector) in new[] { ("Tokens", "template=token"), ("a%20b", "template=token"), (new string('x', 65), "template=token"), ("tokens", "colour=red"), ("tokens", "") })
        {
            Assert.Equal("invalid", (await SaveAsync(alice, name, selector)).Code);
        }

        Assert.Equal("operator_forbidden", (await SaveAsync(scene.Token("carl", "auditors"), "mine", "template=token")).Code);
        Assert.Equal("tier=critical", (await scene.AsAsync(scene.Token("carl", "auditors"), HttpMethod.Get, "/v1/selectors/tokens")).Json.GetProperty("selector").GetString());
        Assert.Single((await scene.AsAsync(alice, HttpMethod.Get, "/v1/selectors")).Json.GetProperty("selectors").EnumerateArray());
        Assert.Equal(HttpStatusCode.NoContent, (await scene.AsAsync(alice, HttpMethod.Delete, "/v1/selectors/tokens")).Status);
        Assert.Equal("not_found", (await scene.AsAsync(alice, HttpMethod.Get, "/v1/selectors/tokens")).Code);
        Assert.Equal(["template=token", "tier=critical"], (await scene.AuditAsync("selector.saved")).Select(one => one.GetProperty("detail").GetString()));
        Assert.Single(await scene.AuditAsync("selector.dropped"));
    }

    [Fact]
    public async Task R30_Leases_are_selected_by_who_approved_them_what_vouched_for_them_and_who_owns_them()
    {
        await using var scene = await OperatorScene.StartAsync(null, null, SceneFolder.Token(), SceneFolder.Token("orders"));
        var digest = $"sha256:{new string('a', 64)}";
        var pod = scene.Scene.NewPod();
        await scene.Scene.ApproveAsync(scene.Scene.ApprovalOf(pod, "token", ("approvers", new JsonArray("ann", "bob")), ("image", new JsonObject { ["reference"] = $"registry.example/shop@{digest}", ["verdict"] = "unsigned" })));
        var claimed = await scene.Scene.ClaimAsync(scene.Scene.Token(pod), "token");
        Assert.True(claimed.Status == HttpStatusCode.Created, claimed.Body);
        var lease = claimed.Json.GetProperty("lease").GetProperty("id").GetString()!;
        await scene.LeaseAsync("orders");
        const string kid = "cluster-1";
        foreach (var selector in new[]
        {
            "approver=ann", "approver in (ann,zoe)", "approver=b*,template=token", $"image={digest}", "image=sha256:aa*", $"issuer=\"{Scene.Issuer}\",image=*", $"keyid=\"{kid}\",approver=ann", "tier=standard,approver=ann",
            "approver!=zoe,template=token", "owner=*,template=token", "dies>2020-01-01T00:00:00Z,approver=ann",
        })
        {
            Assert.Equal([lease], await ListAsync(scene, selector));
        }

        foreach (var selector in new[] { "approver=an", "approver!=ann,template=token", "image!=sha256:a*,template=token", "agent=*", "container=*", "spiffeid=*", "keyid!=*", "owner!=*", "tier=critical" }) Assert.Empty(await ListAsync(scene, selector));
    }

    private static async Task<List<string?>> ListAsync(OperatorScene scene, string selector)
    {
        var reply = await scene.Scene.OperatorAsync(HttpMethod.Get, $"/v1/leases?selector={Uri.EscapeDataString(selector)}");
        Assert.True(reply.Status == HttpStatusCode.OK, $"{selector}: {reply.Body}");
        return [.. reply.Json.GetProperty("leases").EnumerateArray().Select(one => one.GetProperty("id").GetString())];
    }
}
