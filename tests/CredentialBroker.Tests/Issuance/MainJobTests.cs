using System.Net;
using System.Text.Json;
using CredentialBroker.TestInfra;

namespace CredentialBroker.Tests.Issuance;

/// <summary>The main job through the front door, on both stores.</summary>
[Collection("postgres")]
public sealed class MainJobTests(PostgresFixture postgres)
{
    public static TheoryData<string> Stores => ["sqlite", "postgres"];

    private async Task<RunningBroker> StartAsync(string store) =>
        await Brokers.StartAsync(store == "postgres" ? await postgres.NewDatabaseAsync() : null);

    [Theory]
    [MemberData(nameof(Stores))]
    public async Task R21_R24_An_approved_workload_gets_a_token_that_dies_with_its_task(string store)
    {
        await using var broker = await StartAsync(store);
        var scene = broker.Scene;
        await scene.ActivateAsync(SceneFolder.Token());
        var pod = scene.NewPod();
        Assert.Equal(HttpStatusCode.Accepted, (await scene.ApproveAsync(scene.ApprovalOf(pod, "token"))).Status);

        var claimed = await scene.ClaimAsync(scene.Token(pod), "token");
        Assert.Equal(HttpStatusCode.Created, claimed.Status);
        var lease = claimed.Json.GetProperty("lease");
        var token = claimed.Json.GetProperty("credential").GetProperty("token").GetString()!;
        Assert.Equal("active", lease.GetProperty("state").GetString());
        Assert.Equal($"task-{pod}", lease.GetProperty("task").GetString());
        Assert.True(await scene.IntrospectAsync(token));

        var ended = await scene.SendAsync(HttpMethod.Post, $"/v1/tasks/task-{pod}/end", scene.Token(pod));
        Assert.Equal(1, ended.Json.GetProperty("leases").GetInt32());
        Assert.False(await scene.IntrospectAsync(token));
        var over = await scene.LeaseUntilAsync(lease.GetProperty("id").GetString()!, "ended");
        Assert.Equal("task_end", over.GetProperty("cause").GetString());
        Assert.Equal("task_ended", (await scene.ClaimAsync(scene.Token(pod), "token")).Code);
    }

    [Theory]
    [MemberData(nameof(Stores))]
    public async Task R22_A_lease_ends_when_its_time_is_up(string store)
    {
        await using var broker = await StartAsync(store);
        var scene = broker.Scene;
        await scene.ActivateAsync(SceneFolder.Token("short", ttl: "2s", maxTtl: "3s"));
        var pod = scene.NewPod();
        await scene.ApproveAsync(scene.ApprovalOf(pod, "short"));
        var lease = (await scene.ClaimAsync(scene.Token(pod), "short")).Json.GetProperty("lease").GetProperty("id").GetString()!;
        Assert.Equal("ttl", (await scene.LeaseUntilAsync(lease, "ended")).GetProperty("cause").GetString());
        // Zero standing privilege: nothing outstanding once nothing runs.
        Assert.Equal(0, (await scene.OperatorAsync(HttpMethod.Get, "/v1/leases")).Json.GetProperty("leases").GetArrayLength());
    }

    [Theory]
    [MemberData(nameof(Stores))]
    public async Task R15_R16_R29_Decision_issue_access_and_use_are_told_apart_and_joined_by_the_lease(string store)
    {
        await using var broker = await StartAsync(store);
        var scene = broker.Scene;
        await scene.ActivateAsync(SceneFolder.Token());
        var pod = scene.NewPod();
        await scene.ApproveAsync(scene.ApprovalOf(pod, "token"));
        var claimed = await scene.ClaimAsync(scene.Token(pod), "token");
        var id = claimed.Json.GetProperty("lease").GetProperty("id").GetString()!;
        await scene.IntrospectAsync(claimed.Json.GetProperty("credential").GetProperty("token").GetString()!);

        Assert.Equal(["credential.decision", "credential.issued"], await TypesAsync(scene, id, "issuance"));
        Assert.Equal(["secret.accessed"], await TypesAsync(scene, id, "access"));
        Assert.Equal(["credential.used"], await TypesAsync(scene, id, "use"));
        var decision = (await RecordsAsync(scene, $"lease={id}&type=credential.decision")).Single();
        Assert.Equal("granted", decision.GetProperty("decision").GetProperty("effect").GetString());
        Assert.Equal(pod, decision.GetProperty("caller").GetProperty("instance").GetString());
        Assert.NotEmpty(decision.GetProperty("effectivePrivileges").EnumerateArray());
    }

    [Theory]
    [MemberData(nameof(Stores))]
    public async Task R07_Renewal_is_decided_afresh_and_never_passes_the_longest_life(string store)
    {
        await using var broker = await StartAsync(store);
        var scene = broker.Scene;
        await scene.ActivateAsync(SceneFolder.Token());
        var pod = scene.NewPod();
        var approval = scene.ApprovalOf(pod, "token");
        await scene.ApproveAsync(approval);
        var first = (await scene.ClaimAsync(scene.Token(pod), "token")).Json;
        var lease = first.GetProperty("lease").GetProperty("id").GetString()!;

        var renewed = await scene.RenewAsync(scene.Token(pod), lease);
        Assert.Equal(HttpStatusCode.OK, renewed.Status);
        Assert.True(renewed.Json.GetProperty("lease").GetProperty("endsAt").GetDateTimeOffset() >= first.GetProperty("lease").GetProperty("endsAt").GetDateTimeOffset());
        Assert.Equal("lease_unknown", (await scene.RenewAsync(scene.Token(scene.NewPod()), lease)).Code);

        // Policy tightened between issue and renewal: what was allowed is not remembered.
        await scene.ActivateAsync(SceneFolder.Token().Replace("shop/checkout", "shop/other", StringComparison.Ordinal));
        Assert.Equal("workload_not_matched", (await scene.RenewAsync(scene.Token(pod), lease)).Code);
        await scene.ActivateAsync(SceneFolder.Token());

        await scene.ApproveAsync(new System.Text.Json.Nodes.JsonObject { ["ref"] = approval["ref"]!.DeepClone(), ["effect"] = "withdrawn" });
        Assert.NotNull((await scene.RenewAsync(scene.Token(pod), lease)).Code);
        Assert.Equal("approval_withdrawn", (await scene.LeaseUntilAsync(lease, "ended")).GetProperty("cause").GetString());
        Assert.Equal("approval_withdrawn", (await scene.RenewAsync(scene.Token(pod), lease)).Code);
    }

    [Theory]
    [MemberData(nameof(Stores))]
    public async Task R23_Two_pods_of_one_deployment_hold_two_leases(string store)
    {
        await using var broker = await StartAsync(store);
        var scene = broker.Scene;
        await scene.ActivateAsync(SceneFolder.Token());
        var ids = new HashSet<string>();
        foreach (var pod in new[] { scene.NewPod(), scene.NewPod() })
        {
            await scene.ApproveAsync(scene.ApprovalOf(pod, "token"));
            ids.Add((await scene.ClaimAsync(scene.Token(pod), "token")).Json.GetProperty("lease").GetProperty("id").GetString()!);
        }

        Assert.Equal(2, ids.Count);
    }

    [Theory]
    [MemberData(nameof(Stores))]
    public async Task One_idempotency_key_makes_one_credential(string store)
    {
        await using var broker = await StartAsync(store);
        var scene = broker.Scene;
        await scene.ActivateAsync(SceneFolder.Token());
        var pod = scene.NewPod();
        await scene.ApproveAsync(scene.ApprovalOf(pod, "token"));
        var replies = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => scene.ClaimAsync(scene.Token(pod), "token", "same-key")));
        Assert.Single(replies, r => r.Status == HttpStatusCode.Created);
        Assert.All(replies.Where(r => r.Status != HttpStatusCode.Created), r => Assert.True(r.Status is HttpStatusCode.OK or HttpStatusCode.Conflict, r.Body));
        var replay = await scene.ClaimAsync(scene.Token(pod), "token", "same-key");
        Assert.True(replay.Json.GetProperty("replayed").GetBoolean());
        Assert.False(replay.Json.TryGetProperty("credential", out _));
        Assert.Equal("idempotency_mismatch", (await scene.ClaimAsync(scene.Token(pod), "token", "same-key", ("ttl", "1m"))).Code);
        // The key is this instance's own: another pod's is another claim.
        Assert.Equal("binding_mismatch", (await scene.ClaimAsync(scene.Token(scene.NewPod()), "token", "same-key")).Code);
    }

    [Theory]
    [MemberData(nameof(Stores))]
    public async Task A_lease_given_back_or_revoked_is_over_and_doing_it_twice_is_harmless(string store)
    {
        await using var broker = await StartAsync(store);
        var scene = broker.Scene;
        await scene.ActivateAsync(SceneFolder.Token());
        var pod = scene.NewPod();
        await scene.ApproveAsync(scene.ApprovalOf(pod, "token"));
        var lease = (await scene.ClaimAsync(scene.Token(pod), "token")).Json.GetProperty("lease").GetProperty("id").GetString()!;
        Assert.Equal("lease_unknown", (await scene.SendAsync(HttpMethod.Delete, $"/v1/leases/{lease}", scene.Token(scene.NewPod()))).Code);
        Assert.Equal(HttpStatusCode.Accepted, (await scene.SendAsync(HttpMethod.Delete, $"/v1/leases/{lease}", scene.Token(pod))).Status);
        Assert.Equal(HttpStatusCode.Accepted, (await scene.OperatorAsync(HttpMethod.Delete, $"/v1/leases/{lease}?reason=twice")).Status);
        Assert.Equal("revoked", (await scene.LeaseUntilAsync(lease, "ended")).GetProperty("cause").GetString());
        Assert.Equal(HttpStatusCode.Accepted, (await scene.OperatorAsync(HttpMethod.Delete, $"/v1/leases/{lease}")).Status);
    }

    [Fact]
    public async Task R02_R22_A_claim_asks_for_no_more_than_the_template_gives()
    {
        await using var broker = await StartAsync("sqlite");
        var scene = broker.Scene;
        await scene.ActivateAsync(SceneFolder.Token(concurrent: 1));
        var pod = scene.NewPod();
        await scene.ApproveAsync(scene.ApprovalOf(pod, "token"));
        Assert.Equal("ttl_too_long", (await scene.ClaimAsync(scene.Token(pod), "token", null, ("ttl", "12h"))).Code);
        Assert.Equal(HttpStatusCode.Created, (await scene.ClaimAsync(scene.Token(pod), "token")).Status);
        Assert.Equal("concurrent_leases", (await scene.ClaimAsync(scene.Token(pod), "token")).Code);
        Assert.Equal("template_unknown", (await scene.ClaimAsync(scene.Token(pod), "no-such")).Code);
    }

    [Fact]
    public async Task Evidence_that_a_template_takes_once_is_taken_once()
    {
        await using var broker = await StartAsync("sqlite");
        var scene = broker.Scene;
        await scene.ActivateAsync(SceneFolder.Token("token-once", more: "evidence: { oneTime: true }"));
        var pod = scene.NewPod();
        await scene.ApproveAsync(scene.ApprovalOf(pod, "token-once"));
        var token = scene.Token(pod);
        var replies = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => scene.ClaimAsync(token, "token-once")));
        Assert.Single(replies, r => r.Status == HttpStatusCode.Created);
        Assert.All(replies.Where(r => r.Status != HttpStatusCode.Created), r => Assert.Equal("evidence_replayed", r.Code));
    }

    private static async Task<string[]> TypesAsync(Scene scene, string lease, string stream) =>
        [.. (await RecordsAsync(scene, $"lease={lease}&stream={stream}")).Select(r => r.GetProperty("type").GetString()!)];

    private static async Task<List<JsonElement>> RecordsAsync(Scene scene, string query)
    {
        var reply = await scene.OperatorAsync(HttpMethod.Get, $"/v1/audit?{query}");
        return [.. reply.Body.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => JsonDocument.Parse(JsonDocument.Parse(line).RootElement.GetProperty("body").GetString()!).RootElement)];
    }
}
