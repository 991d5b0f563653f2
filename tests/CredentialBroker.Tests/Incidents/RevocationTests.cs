using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using CredentialBroker.Incidents;
using CredentialBroker.Storage.Journaling;
using CredentialBroker.TestInfra;
using CredentialBroker.Tests.Operators;
using CredentialBroker.Tests.Proofs;
using Microsoft.Extensions.DependencyInjection;

namespace CredentialBroker.Tests.Incidents;

/// <summary>A responder sees what a revocation would hit, does it, and watches it finish.</summary>
public sealed class RevocationTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    private static int _number;

    private static string Scripted => SceneFolder.Template("orders", "{ scripted: { target: there } }");

    public static TheoryData<string> Stores => ["sqlite", "postgres"];

    private async Task<string?> StoreAsync(string kind) => kind == "postgres" ? await postgres.NewDatabaseAsync() : null;

    [Theory, MemberData(nameof(Stores))]
    public async Task A_preview_counts_what_would_die_and_changes_nothing(string store)
    {
        await using var scene = await OperatorScene.StartAsync(await StoreAsync(store), null, SceneFolder.Token(), SceneFolder.Token("orders"));
        var (_, lease) = await scene.LeaseAsync("token");
        await scene.LeaseAsync("token");
        await scene.LeaseAsync("orders");
        var preview = (await RevokeAsync(scene.Scene, "template=token", dryRun: true)).Json;
        Assert.Equal((2, "template=token", false), (preview.GetProperty("leases").GetInt64(), preview.GetProperty("selector").GetString(), preview.GetProperty("needsConfirmation").GetBoolean()));
        var group = Assert.Single(preview.GetProperty("groups").EnumerateArray());
        Assert.Equal(("signed-token", "token", "Condition", 2), (group.GetProperty("backend").GetString(), group.GetProperty("template").GetString(), group.GetProperty("revocability").GetString(), group.GetProperty("leases").GetInt64()));
        Assert.StartsWith("2 are expected to be refused within ", preview.GetProperty("sentence").GetString(), StringComparison.Ordinal);
        Assert.EndsWith("2 could be issued anew at once, since their approval stands, unless that is frozen", preview.GetProperty("sentence").GetString(), StringComparison.Ordinal);
        Assert.Equal(3, (await RevokeAsync(scene.Scene, "--all", dryRun: true)).Json.GetProperty("leases").GetInt64());
        Assert.Equal(2, (await RevokeAsync(scene.Scene, "namespace=shop,template=token", dryRun: true)).Json.GetProperty("leases").GetInt64());
        Assert.Equal(0, (await RevokeAsync(scene.Scene, "namespace=elsewhere", dryRun: true)).Json.GetProperty("leases").GetInt64());
        Assert.Equal("active", (await scene.Scene.LeaseAsync(lease)).GetProperty("state").GetString());
        Assert.Empty(await scene.AuditAsync("incident.opened"));
    }

    [Theory, MemberData(nameof(Stores))]
    public async Task R34_All_that_a_selector_covers_ends_and_nothing_else_and_the_same_key_does_it_once(string store)
    {
        await using var scene = await OperatorScene.StartAsync(await StoreAsync(store), null, SceneFolder.Token(), SceneFolder.Token("orders"));
        List<string> leases = [];
        for (var i = 0; i < 5; i++) leases.Add((await scene.LeaseAsync("token")).Lease);
        var (_, spared) = await scene.LeaseAsync("orders");

        var opened = await RevokeAsync(scene.Scene, "template=token", key: "k-1");
        Assert.True(opened.Status == HttpStatusCode.Accepted, opened.Body);
        var id = opened.Json.GetProperty("id").GetString()!;
        var over = await UntilAsync(scene.Scene, id, "finished");
        Assert.Equal((5, 5, 0), (over.GetProperty("taken").GetInt64(), over.GetProperty("ended").GetInt64(), over.GetProperty("remaining").GetInt64()));
        foreach (var lease in leases) Assert.Equal(("ended", "incident"), await EndOfAsync(scene.Scene, lease));
        Assert.Equal("active", (await scene.Scene.LeaseAsync(spared)).GetProperty("state").GetString());

        var again = await RevokeAsync(scene.Scene, "template=token", key: "k-1");
        Assert.Equal((HttpStatusCode.OK, id), (again.Status, again.Json.GetProperty("id").GetString()));
        Assert.Equal("idempotency_mismatch", (await RevokeAsync(scene.Scene, "template=orders", key: "k-1")).Code);
        Assert.Equal(5, Assert.Single(await scene.AuditAsync("incident.opened")).GetProperty("count").GetInt64());
        Assert.Equal(5, Assert.Single(await scene.AuditAsync("incident.finished")).GetProperty("count").GetInt64());
        var events = (await scene.Scene.OperatorAsync(HttpMethod.Get, $"/v1/revocations/{id}/events")).Body;
        Assert.StartsWith("event: end\ndata: {", events, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Stores))]
    public async Task Above_the_size_another_person_confirms_what_was_looked_at_once(string store)
    {
        await using var scene = await OperatorScene.StartAsync(await StoreAsync(store), c => c["Incidents"] = new JsonObject { ["ConfirmAbove"] = 1 }, SceneFolder.Token());
        var (_, lease) = await scene.LeaseAsync("token");
        await scene.LeaseAsync("token");
        var (alice, bob) = (scene.Token("alice", "responders"), scene.Token("bob", "responders"));
        var opened = await RevokeAsync(scene.Scene, "template=token", by: alice);
        Assert.Equal("awaiting_confirmation", opened.Json.GetProperty("state").GetString());
        var (id, token) = (opened.Json.GetProperty("id").GetString()!, opened.Json.GetProperty("confirmToken").GetString()!);
        Task<Reply> ConfirmAsync(string who, string with) => scene.AsAsync(who, HttpMethod.Post, $"/v1/revocations/{id}/confirm", new JsonObject { ["token"] = with });

        var other = (await RevokeAsync(scene.Scene, "template=token", by: alice)).Json.GetProperty("confirmToken").GetString()!;
        Assert.Equal("self_approval", (await ConfirmAsync(alice, token)).Code);
        Assert.Equal("invalid", (await ConfirmAsync(bob, other)).Code);
        Assert.Equal("operator_forbidden", (await ConfirmAsync(scene.Token("carl", "auditors"), token)).Code);
        Assert.Equal("active", (await scene.Scene.LeaseAsync(lease)).GetProperty("state").GetString());

        var confirmed = await ConfirmAsync(bob, token);
        Assert.True(confirmed.Status == HttpStatusCode.Accepted, confirmed.Body);
        Assert.Equal("revocation_over", (await ConfirmAsync(bob, token)).Code);
        var over = await UntilAsync(scene.Scene, id, "finished");
        Assert.EndsWith("bob", over.GetProperty("confirmedBy").GetString(), StringComparison.Ordinal);
        Assert.Equal("ended", (await scene.Scene.LeaseAsync(lease)).GetProperty("state").GetString());
    }

    [Theory, MemberData(nameof(Stores))]
    public async Task Frozen_and_revoked_as_one_act_leaves_nothing_active_however_fast_it_is_issued(string store)
    {
        await using var scene = await OperatorScene.StartAsync(await StoreAsync(store), null, SceneFolder.Token().Replace("concurrentLeases: 3", "concurrentLeases: 1000", StringComparison.Ordinal));
        var pod = scene.Scene.NewPod();
        await scene.Scene.ApproveAsync(scene.Scene.ApprovalOf(pod, "token"));
        var token = scene.Scene.Token(pod);
        using var stop = new CancellationTokenSource();
        var granted = 0;
        var issuing = Enumerable.Range(0, 3).Select(async _ =>
        {
            while (!stop.IsCancellationRequested)
            {
                if ((await scene.Scene.ClaimAsync(token, "token")).Status == HttpStatusCode.Created) Interlocked.Increment(ref granted);
            }
        }).ToArray();
        while (Volatile.Read(ref granted) < 20) await Task.Delay(10);

        var opened = await RevokeAsync(scene.Scene, "template=token", freeze: true);
        var at = Volatile.Read(ref granted);
        var over = await UntilAsync(scene.Scene, opened.Json.GetProperty("id").GetString()!, "finished");
        await stop.CancelAsync();
        await Task.WhenAll(issuing);
        Assert.True(granted - at <= 3, "granted after the acknowledgement, beyond answers that were on their way");
        Assert.Equal(0, (await scene.Scene.OperatorAsync(HttpMethod.Get, "/v1/leases?selector=template=token")).Json.GetProperty("leases").GetArrayLength());
        Assert.Equal(granted, over.GetProperty("taken").GetInt64());
        Assert.Contains(over.GetProperty("freeze").GetString()!, (await scene.Scene.OperatorAsync(HttpMethod.Get, "/v1/freezes")).Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_fails_is_told_with_its_reason_and_finished_only_when_it_is_dead()
    {
        var backend = new ScriptedBackend { EndFails = true };
        await using var broker = await PlanTests.StartAsync(backend);
        await broker.Scene.ActivateAsync(Scripted);
        var pod = broker.Scene.NewPod();
        await broker.Scene.ApproveAsync(broker.Scene.ApprovalOf(pod, "orders"));
        await broker.Scene.ClaimAsync(broker.Scene.Token(pod), "orders");
        var id = (await RevokeAsync(broker.Scene, "target=there")).Json.GetProperty("id").GetString()!;
        JsonElement seen;
        for (var i = 0; (seen = (await broker.Scene.OperatorAsync(HttpMethod.Get, $"/v1/revocations/{id}")).Json).GetProperty("failing").GetInt64() == 0; i++)
        {
            Assert.True(i < 600, seen.ToString());
            await Task.Delay(50);
        }

        Assert.Equal("ending", seen.GetProperty("state").GetString());
        var failure = Assert.Single(seen.GetProperty("failures").EnumerateArray());
        Assert.Equal(("scripted/there", "the target says no"), (failure.GetProperty("target").GetString(), failure.GetProperty("error").GetString()));
        Assert.Equal("revocation_over", (await broker.Scene.OperatorAsync(HttpMethod.Delete, $"/v1/revocations/{id}")).Code);
        backend.EndFails = false;
        await UntilAsync(broker.Scene, id, "finished");
    }

    [Theory, MemberData(nameof(Stores))]
    public async Task What_was_called_off_ends_what_it_had_taken_and_no_more(string store)
    {
        await using var scene = await OperatorScene.StartAsync(await StoreAsync(store), c => c["Incidents"] = new JsonObject { ["ConfirmAbove"] = 0 }, SceneFolder.Token());
        var (_, lease) = await scene.LeaseAsync("token");
        var id = (await RevokeAsync(scene.Scene, "template=token")).Json.GetProperty("id").GetString()!;
        var cancelled = await scene.Scene.OperatorAsync(HttpMethod.Delete, $"/v1/revocations/{id}");
        Assert.Equal((HttpStatusCode.Accepted, "cancelled"), (cancelled.Status, cancelled.Json.GetProperty("state").GetString()));
        Assert.True(cancelled.Json.TryGetProperty("finishedAt", out _));
        Assert.Equal("active", (await scene.Scene.LeaseAsync(lease)).GetProperty("state").GetString());
        Assert.Equal("revocation_over", (await scene.Scene.OperatorAsync(HttpMethod.Delete, $"/v1/revocations/{id}")).Code);
    }

    [Fact]
    public async Task Replicas_share_the_walk_and_take_each_lease_once()
    {
        using var folder = new SceneFolder();
        var store = await postgres.NewDatabaseAsync();
        await using var first = await PlanTests.StartAsync(new ScriptedBackend(), store, folder);
        await first.Scene.ActivateAsync(Scripted);
        await using var second = await PlanTests.StartAsync(new ScriptedBackend(), store, folder);
        for (var i = 0; i < 4; i++)
        {
            var pod = first.Scene.NewPod();
            await first.Scene.ApproveAsync(first.Scene.ApprovalOf(pod, "orders"));
            Assert.Equal(HttpStatusCode.Created, (await first.Scene.ClaimAsync(first.Scene.Token(pod), "orders")).Status);
        }

        var id = (await RevokeAsync(first.Scene, "target=there")).Json.GetProperty("id").GetString()!;
        RunningBroker[] replicas = [first, second];
        await Task.WhenAll(replicas.Select(replica => ActivatorUtilities.CreateInstance<IncidentJob>(replica.Host.Services).RunAsync(default)));
        Assert.Equal(4, (await UntilAsync(second.Scene, id, "finished")).GetProperty("taken").GetInt64());
    }

    [Fact]
    public async Task What_is_not_in_order_is_refused_and_explains_itself()
    {
        await using var scene = await OperatorScene.StartAsync(null, null, SceneFolder.Token());
        var (_, lease) = await scene.LeaseAsync("token");
        foreach (var selector in new[] { "", "colour=red", "template='x' OR 1=1 --", "template in (((((", $"template={new string('x', 10_240)}", "template" })
        {
            var refused = await RevokeAsync(scene.Scene, selector);
            Assert.True(refused.Code == "invalid", $"{selector}: {refused.Body}");
            Assert.Contains("selector, position", refused.Body, StringComparison.Ordinal);
        }

        Assert.Equal("invalid", (await RevokeAsync(scene.Scene, "template=token", reason: " ")).Code);
        Assert.Equal("invalid", (await RevokeAsync(scene.Scene, "lease=x", freeze: true)).Code);
        Assert.Equal("invalid", (await scene.Scene.OperatorAsync(HttpMethod.Post, "/v1/revocations", """{"selector":"template=token","reason":"x"}""")).Code);
        Assert.Equal("operator_forbidden", (await RevokeAsync(scene.Scene, "template=token", by: scene.Token("carl", "auditors"))).Code);
        Assert.Equal("not_found", (await scene.Scene.OperatorAsync(HttpMethod.Get, "/v1/revocations/unknown")).Code);
        Assert.Equal("active", (await scene.Scene.LeaseAsync(lease)).GetProperty("state").GetString());
    }

    private static async Task<Reply> RevokeAsync(Scene scene, string selector, bool freeze = false, bool dryRun = false, string? key = null, string? by = null, string reason = "INC-77")
    {
        var body = new JsonObject { ["selector"] = selector, ["reason"] = reason, ["freeze"] = freeze, ["dryRun"] = dryRun }.ToJsonString();
        var bearer = by ?? scene.OperatorToken;
        return await scene.SendAsync(HttpMethod.Post, "/v1/revocations", bearer, new StringContent(body, System.Text.Encoding.UTF8, "application/json"), ("Idempotency-Key", key ?? $"revoke-{Interlocked.Increment(ref _number)}"));
    }

    private static async Task<(string?, string?)> EndOfAsync(Scene scene, string lease)
    {
        var view = await scene.LeaseAsync(lease);
        return (view.GetProperty("state").GetString(), view.GetProperty("cause").GetString());
    }

    private static async Task<JsonElement> UntilAsync(Scene scene, string id, string state)
    {
        for (var i = 0; ; i++)
        {
            var view = (await scene.OperatorAsync(HttpMethod.Get, $"/v1/revocations/{id}")).Json;
            if (view.GetProperty("state").GetString() == state) return view;
            Assert.True(i < 1200, view.ToString());
            await Task.Delay(50);
        }
    }
}
