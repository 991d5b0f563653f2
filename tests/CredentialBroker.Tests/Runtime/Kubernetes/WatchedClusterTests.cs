using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using CredentialBroker.Clusters;

namespace CredentialBroker.Runtime.Kubernetes;

/// <summary>What a cluster says ends what its pods hold, from outside of them, also after the watch was interrupted.</summary>
public sealed class WatchedClusterTests(WatchedClusterFixture fixture) : IClassFixture<WatchedClusterFixture>
{
    private readonly ClusterRig _rig = fixture.Rig;

    [Theory]
    [InlineData("deleted")]
    [InlineData("deleting")]
    [InlineData("succeeded")]
    [InlineData("failed")]
    [InlineData("audit")]
    public async Task R21_R24_The_end_of_a_pod_ends_its_leases_and_nothing_is_issued_after_it(string how)
    {
        var pod = await _rig.RunAsync();
        var lease = await _rig.LeaseOfAsync(pod);
        if (how == "deleted") _rig.StandIn.World.Delete("pods", ClusterRig.NameOf(pod));
        else if (how == "audit") Assert.Equal(HttpStatusCode.OK, (await _rig.PostAsync("/admission/cluster/audit", AuditEvents.Of(AuditEvents.Deleted(pod)))).Status);
        else _rig.StandIn.World.Change("pods", ClusterRig.NameOf(pod), p =>
        {
            if (how == "deleting") p["metadata"]!["deletionTimestamp"] = "2026-01-01T00:00:00Z";
            else p["status"]!["phase"] = how == "failed" ? "Failed" : "Succeeded";
        });
        Assert.Equal("workload_gone", CauseOf(await _rig.Broker.Scene.LeaseUntilAsync(lease, "ended")));
        var refused = await _rig.ClaimAsync(pod);
        Assert.True(refused.Status is HttpStatusCode.Forbidden or HttpStatusCode.Unauthorized, refused.Body);
        if (how == "audit") Assert.Equal("task_ended", refused.Code);
    }

    [Fact]
    public async Task R24_A_job_that_is_complete_ends_what_its_pods_hold()
    {
        var job = ClusterRig.Named("import", "shop");
        _rig.StandIn.World.Put("jobs", job);
        var wanted = _rig.PodOf();
        wanted["metadata"]!["labels"] = new JsonObject { ["batch.kubernetes.io/controller-uid"] = ClusterRig.UidOf(job) };
        var pod = await _rig.RunAsync(wanted);
        var other = await _rig.RunAsync();
        var (lease, others) = (await _rig.LeaseOfAsync(pod), await _rig.LeaseOfAsync(other));
        _rig.StandIn.World.Change("jobs", "shop/import", j => j["status"] = new JsonObject { ["conditions"] = new JsonArray(new JsonObject { ["type"] = "Complete", ["status"] = "True" }) });
        Assert.Equal("task_end", CauseOf(await _rig.Broker.Scene.LeaseUntilAsync(lease, "ended")));
        Assert.Equal("active", (await _rig.Broker.Scene.LeaseAsync(others)).GetProperty("state").GetString());
    }

    [Fact]
    public async Task R11_A_pod_that_is_no_longer_what_was_approved_loses_its_leases_and_is_told_about()
    {
        var pod = await _rig.RunAsync();
        var lease = await _rig.LeaseOfAsync(pod);
        _rig.StandIn.World.Change("pods", ClusterRig.NameOf(pod), p => p["spec"]!["tolerations"] = new JsonArray(new JsonObject { ["key"] = "a" }));
        _rig.StandIn.World.Change("pods", ClusterRig.NameOf(pod), p => p["spec"]!["containers"]![0]!["image"] = "registry.example/other");
        Assert.Equal("drift", CauseOf(await _rig.Broker.Scene.LeaseUntilAsync(lease, "ended")));
        await _rig.FindingAsync("drift", ClusterRig.UidOf(pod));
        Assert.NotEqual(HttpStatusCode.Created, (await _rig.ClaimAsync(pod)).Status);
    }

    [Fact]
    public async Task R09_A_pod_that_came_to_be_otherwise_than_it_was_let_in_gets_nothing()
    {
        var pod = await _rig.AdmitAsync();
        var changed = (JsonObject)pod.DeepClone();
        changed["spec"]!["containers"]![0]!["command"] = new JsonArray("sh");
        _rig.Persist(changed);
        for (var i = 0; (await _rig.ClaimAsync(changed)).Code != "approval_denied"; i++)
        {
            Assert.True(i < 300, (await _rig.ClaimAsync(changed)).Body);
            await Task.Delay(20);
        }
    }

    [Fact]
    public async Task R21_What_ended_while_nobody_watched_is_found_by_listing()
    {
        var (gone, stays) = (await _rig.RunAsync(), await _rig.RunAsync());
        var (lease, other) = (await _rig.LeaseOfAsync(gone), await _rig.LeaseOfAsync(stays));
        // Deleted in a gap: no event tells of it, and the version that was watched from is too old.
        _rig.StandIn.World.Delete("pods", ClusterRig.NameOf(gone), quietly: true);
        _rig.StandIn.World.Forget();
        _rig.StandIn.BreakWatches();
        Assert.Equal("workload_gone", CauseOf(await _rig.Broker.Scene.LeaseUntilAsync(lease, "ended")));
        Assert.Equal("active", (await _rig.Broker.Scene.LeaseAsync(other)).GetProperty("state").GetString());
    }

    [Fact]
    public async Task R21_A_stream_that_breaks_and_a_token_that_expires_are_got_over()
    {
        var pod = await _rig.RunAsync();
        var lease = await _rig.LeaseOfAsync(pod);
        _rig.StandIn.Expire(File.ReadAllText(_rig.CallerFile));
        _rig.StandIn.BreakWatches();
        _rig.StandIn.World.Delete("pods", ClusterRig.NameOf(pod));
        await Task.Delay(300);
        File.WriteAllText(_rig.CallerFile, _rig.StandIn.NewCaller());
        Assert.Equal("workload_gone", CauseOf(await _rig.Broker.Scene.LeaseUntilAsync(lease, "ended")));
    }

    [Fact]
    public async Task R11_An_account_that_was_made_anew_and_a_binding_that_changed_are_acted_upon_by_rule()
    {
        const string ns = "shop";
        var account = ClusterRig.Named("billing", ns, ClusterRig.ServiceAccountUid);
        _rig.StandIn.World.Put("serviceaccounts", account);
        var pod = await _rig.RunAsync(_rig.PodOf(templates: "billing", account: "billing"));
        var reply = await _rig.ClaimUntilAsync(pod, "billing");
        Assert.True(reply.Status == HttpStatusCode.Created, reply.Body);
        var lease = reply.Json.GetProperty("lease").GetProperty("id").GetString()!;

        var binding = ClusterRig.Named("billing-reads", ns);
        binding["roleRef"] = new JsonObject { ["kind"] = "Role", ["name"] = "reader" };
        binding["subjects"] = new JsonArray(new JsonObject { ["kind"] = "ServiceAccount", ["name"] = "billing" });
        _rig.StandIn.World.Put("rolebindings", binding);
        await _rig.FindingAsync("cluster_change", "RoleBinding shop/billing-reads is new");
        binding["subjects"] = new JsonArray();
        _rig.StandIn.World.Put("rolebindings", binding);
        await _rig.FindingAsync("cluster_change", "RoleBinding shop/billing-reads changed");
        _rig.StandIn.World.Change("namespaces", "shop", n => n["metadata"]!["labels"] = new JsonObject { ["pod-security.kubernetes.io/enforce"] = "privileged" });
        await _rig.FindingAsync("cluster_change", "Namespace shop changed");
        Assert.Equal("active", (await _rig.Broker.Scene.LeaseAsync(lease)).GetProperty("state").GetString());

        _rig.StandIn.World.Put("serviceaccounts", ClusterRig.Named("billing", ns));
        Assert.Equal("drift", CauseOf(await _rig.Broker.Scene.LeaseUntilAsync(lease, "ended")));
    }

    [Fact]
    public async Task R41_What_passed_the_gate_by_is_found_and_gets_nothing()
    {
        // Made while the webhook was passed over: it looks the part, and nobody let it in.
        var marked = _rig.Filled(await _rig.MutateAsync(_rig.PodOf()));
        var made = AuditEvents.Created(marked);
        made["annotations"]!["failed-open.validating.webhook.admission.k8s.io/round_0_index_1"] = "validating.credbroker.example";
        _rig.Persist(marked);
        Assert.Equal(HttpStatusCode.OK, (await _rig.PostAsync("/admission/cluster/audit", AuditEvents.Of(made))).Status);
        await _rig.FindingAsync("failed_open", "validating.credbroker.example");
        Assert.Contains("bypass.detected", (await _rig.Broker.Scene.OperatorAsync(HttpMethod.Get, "/v1/audit?count=1000")).Body, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Forbidden, (await _rig.ClaimAsync(marked)).Status);
        _rig.StandIn.World.Forget();
        _rig.StandIn.BreakWatches();
        await _rig.FindingAsync("unapproved_pod", ClusterRig.UidOf(marked));
        Assert.Equal(HttpStatusCode.Forbidden, (await _rig.ClaimAsync(marked)).Status);
    }

    [Fact]
    public async Task R41_A_pod_whose_admission_failed_open_is_suspended_though_it_was_let_in()
    {
        var pod = await _rig.RunAsync();
        var lease = await _rig.LeaseOfAsync(pod);
        var made = AuditEvents.Created(pod);
        made["annotations"]!["failed-open.mutation.webhook.admission.k8s.io/round_0_index_0"] = "sidecar.mesh.example";
        for (var i = 0; i < 2; i++) Assert.Equal(HttpStatusCode.OK, (await _rig.PostAsync("/admission/cluster/audit", AuditEvents.Of(made.DeepClone().AsObject()))).Status);
        Assert.Equal("frozen", (await _rig.ClaimAsync(pod)).Code);
        Assert.Equal("active", (await _rig.Broker.Scene.LeaseAsync(lease)).GetProperty("state").GetString());
        Assert.Single((await _rig.Broker.Scene.OperatorAsync(HttpMethod.Get, "/v1/freezes")).Json.GetProperty("items").EnumerateArray(), f => f.GetProperty("selector").GetString()!.Contains(ClusterRig.UidOf(pod), StringComparison.Ordinal));
        await _rig.LeaseOfAsync(await _rig.RunAsync());
    }

    [Fact]
    public async Task R09_An_audit_log_confirms_only_what_was_made()
    {
        var pod = await _rig.AdmitAsync();
        foreach (var said in new[] { AuditEvents.Created(pod, code: 409), AuditEvents.Created(pod, query: "?dryRun=All"), AuditEvents.Created(pod, stage: "RequestReceived") })
            Assert.Equal(HttpStatusCode.OK, (await _rig.PostAsync("/admission/cluster/audit", AuditEvents.Of(said))).Status);
        var id = (await _rig.Broker.Scene.OperatorAsync(HttpMethod.Get, "/v1/approvals?count=1000")).Json.GetProperty("approvals").EnumerateArray().Single(a => a.GetProperty("reference").GetString() == ClusterRig.UidOf(pod));
        Assert.Equal("candidate", id.GetProperty("state").GetString());
        Assert.Equal("request_malformed", (await _rig.PostAsync("/admission/cluster/audit", """{"kind":"EventList","apiVersion":"audit.k8s.io/v1beta1","items":[]}""")).Code);
        Assert.Equal("request_malformed", (await _rig.PostAsync("/admission/cluster/audit", """{"kind":"EventList","apiVersion":"audit.k8s.io/v1","items":[],"items":[]}""")).Code);
    }

    private static string? CauseOf(JsonElement lease) => lease.GetProperty("endsBecause").GetString();
}
