using System.Net;
using System.Text.Json.Nodes;
using CredentialBroker.TestInfra;

namespace CredentialBroker.Clusters;

/// <summary>Evidence is held against the cluster as it is now, at each claim and each renewal.</summary>
public sealed class LiveProofTests : IAsyncLifetime
{
    private ClusterRig _rig = null!;

    // Nothing is watched: what a claim finds out, it finds out itself.
    public async Task InitializeAsync() => _rig = await ClusterRig.StartAsync(configuration =>
    {
        configuration["Clusters"]!["cluster"]!["Watch"] = false;
        configuration["TrustSources"]!["Workloads"]!["blind"] = configuration["TrustSources"]!["Workloads"]!["cluster"]!.DeepClone();
        ((JsonObject)configuration["TrustSources"]!["Workloads"]!["blind"]!).Remove("Cluster");
        configuration["TrustSources"]!["Workloads"]!["blind"]!["Issuer"] = "https://blind.test";
    });

    public async Task DisposeAsync() => await _rig.DisposeAsync();

    [Fact]
    public async Task R10_R11_A_token_counts_while_its_pod_is_there_as_it_was_approved()
    {
        var pod = await ConfirmedAsync();
        var claimed = await _rig.ClaimAsync(pod);
        Assert.True(claimed.Status == HttpStatusCode.Created, claimed.Body);
        var lease = claimed.Json.GetProperty("lease").GetProperty("id").GetString()!;
        Assert.Equal(HttpStatusCode.OK, (await RenewAsync(pod, lease)).Status);
        Assert.Equal([3L], await _rig.Broker.Get<Storage.Store>().ListAsync(Storage.Pool.Control, new Storage.Statement("SELECT strength FROM workloads"), row => row.GetInt64(0), default));

        // 1. another image runs than the approved one
        Status("containerStatuses", new JsonArray(new JsonObject { ["name"] = "app", ["imageID"] = $"registry.example/shop/checkout@sha256:{new string('b', 64)}" }));
        Assert.Equal("digest_drift", (await RenewAsync(pod, lease)).Code);
        Assert.Equal("digest_drift", (await _rig.ClaimAsync(pod)).Code);
        Status("containerStatuses", null);

        // 2. the spec was patched
        _rig.StandIn.World.Change("pods", ClusterRig.NameOf(pod), p => p["spec"]!["containers"]![0]!["image"] = "registry.example/other");
        Assert.Equal("digest_drift", (await RenewAsync(pod, lease)).Code);
        _rig.StandIn.World.Change("pods", ClusterRig.NameOf(pod), p => p["spec"]!["containers"]![0]!["image"] = (string)pod["spec"]!["containers"]![0]!["image"]!);

        // 3. the mark is another's
        _rig.StandIn.World.Change("pods", ClusterRig.NameOf(pod), p => p["metadata"]!["annotations"]![PodRead.NonceAnnotation] = "other");
        Assert.Equal("binding_mismatch", (await _rig.ClaimAsync(pod)).Code);
        _rig.StandIn.World.Change("pods", ClusterRig.NameOf(pod), p => p["metadata"]!["annotations"]![PodRead.NonceAnnotation] = (string)pod["metadata"]!["annotations"]![PodRead.NonceAnnotation]!);
        Assert.Equal(HttpStatusCode.Created, (await _rig.ClaimAsync(pod)).Status);

        // 4. it is being deleted, it is over, it is gone, and another of the same name is there
        _rig.StandIn.World.Change("pods", ClusterRig.NameOf(pod), p => p["metadata"]!["deletionTimestamp"] = "2026-01-01T00:00:00Z");
        Assert.Equal("binding_mismatch", (await _rig.ClaimAsync(pod)).Code);
        _rig.StandIn.World.Change("pods", ClusterRig.NameOf(pod), p => ((JsonObject)p["metadata"]!).Remove("deletionTimestamp"));
        Status("phase", "Succeeded");
        Assert.Equal("binding_mismatch", (await _rig.ClaimAsync(pod)).Code);
        _rig.StandIn.World.Delete("pods", ClusterRig.NameOf(pod));
        Assert.Equal("evidence_claims", (await _rig.ClaimAsync(pod)).Code);
        _rig.Persist(_rig.Filled(pod));
        Assert.Equal("evidence_claims", (await _rig.ClaimAsync(pod)).Code);

        void Status(string name, JsonNode? value) => _rig.StandIn.World.Change("pods", ClusterRig.NameOf(pod), p => p["status"]![name] = value?.DeepClone());
    }

    [Fact]
    public async Task R27_Each_word_of_the_clusters_review_counts()
    {
        var pod = await ConfirmedAsync();
        foreach (var (change, code) in (IEnumerable<(Action<JsonObject>, string)>)
        [
            (s => s["authenticated"] = false, "evidence_claims"), (s => s["error"] = "token lookup failed", "evidence_claims"), (s => s.Remove("audiences"), "evidence_claims"),
            (s => s["audiences"] = new JsonArray("https://kubernetes.default.svc"), "evidence_claims"), (s => s["user"]!["username"] = "system:serviceaccount:shop:other", "evidence_claims"),
            (s => s["user"]!["uid"] = "other", "evidence_claims"), (s => ((JsonObject)s["user"]!).Remove("extra"), "evidence_claims"),
            (s => s["user"]!["extra"]!["authentication.kubernetes.io/pod-uid"] = new JsonArray("other"), "evidence_claims"), (s => s["user"]!["extra"]!["authentication.kubernetes.io/pod-uid"] = new JsonArray(ClusterRig.UidOf(pod), "b"), "evidence_claims"),
        ])
        {
            _rig.StandIn.Reviewing = change;
            var reply = await _rig.ClaimAsync(pod);
            Assert.Equal((HttpStatusCode.Unauthorized, code), (reply.Status, reply.Code));
        }

        _rig.StandIn.Reviewing = null;
        Assert.Equal(HttpStatusCode.Created, (await _rig.ClaimAsync(pod)).Status);
    }

    [Fact]
    public async Task R01_Where_the_cluster_does_not_answer_nothing_is_issued_and_ending_goes_on()
    {
        var pod = await ConfirmedAsync();
        var lease = (await _rig.ClaimAsync(pod)).Json.GetProperty("lease").GetProperty("id").GetString()!;
        _rig.StandIn.Down = true;
        var refused = await _rig.ClaimAsync(pod);
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "cluster_unavailable"), (refused.Status, refused.Code));
        Assert.Equal("cluster_unavailable", (await RenewAsync(pod, lease)).Code);
        _rig.StandIn.Down = false;
        _rig.StandIn.Expire(File.ReadAllText(_rig.CallerFile));
        Assert.Equal("cluster_unavailable", (await _rig.ClaimAsync(pod)).Code);
        // Whoever replaces the file need not tell the broker.
        File.WriteAllText(_rig.CallerFile, _rig.StandIn.NewCaller());
        Assert.Equal(HttpStatusCode.Created, (await _rig.ClaimAsync(pod)).Status);

        _rig.StandIn.Down = true;
        Assert.Equal(HttpStatusCode.Accepted, (await _rig.Broker.Scene.SendAsync(HttpMethod.Delete, $"/v1/leases/{lease}", _rig.TokenOf(pod))).Status);
        _rig.StandIn.Down = false;
    }

    [Fact]
    public async Task R10_What_a_gate_stated_and_nobody_can_prove_is_refused()
    {
        // The same issuer's keys, but a source that asks no cluster: strength 2 and no digests.
        var pod = await ConfirmedAsync();
        using var blind = new Demo.Signer("https://blind.test", Scene.Audience, "cluster-1", TimeProvider.System);
        Assert.NotEqual(HttpStatusCode.Created, (await _rig.Broker.Scene.ClaimAsync(blind.PodToken("shop", "checkout", ClusterRig.UidOf(pod), null, (string)pod["metadata"]!["name"]!), "token")).Status);
    }

    /// <summary>Confirmed by the audit log, since nothing is watched here.</summary>
    private async Task<JsonObject> ConfirmedAsync()
    {
        var pod = await _rig.RunAsync();
        var reply = await _rig.PostAsync("/admission/cluster/audit", AuditEvents.Of(AuditEvents.Created(pod)));
        Assert.True(reply.Status == HttpStatusCode.OK, reply.Body);
        return pod;
    }

    private Task<Reply> RenewAsync(JsonObject pod, string lease) => _rig.Broker.Scene.RenewAsync(_rig.TokenOf(pod), lease);
}
