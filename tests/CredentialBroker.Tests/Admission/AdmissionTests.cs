using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using CredentialBroker.Clusters;
using CredentialBroker.Storage;

namespace CredentialBroker.Admission;

/// <summary>What the gate answers a cluster's API server, question by question.</summary>
public sealed class AdmissionTests(AdmissionFixture fixture) : IClassFixture<AdmissionFixture>
{
    private readonly ClusterRig _rig = fixture.Rig;

    [Fact]
    public async Task R09_R12_A_pod_gets_nothing_before_it_was_let_in_and_seen_to_be_there()
    {
        var marked = await _rig.MutateAsync(_rig.PodOf());
        var pod = _rig.Filled(marked);
        Assert.NotEqual(HttpStatusCode.Created, (await _rig.ClaimAsync(pod)).Status);
        var answer = await _rig.ValidateAsync(pod);
        Assert.True(answer.GetProperty("allowed").GetBoolean(), answer.ToString());
        var notes = answer.GetProperty("auditAnnotations");
        Assert.Equal(("allow", "standard", "token"), (notes.GetProperty("decision").GetString(), notes.GetProperty("tier").GetString(), notes.GetProperty("templates").GetString()));
        Assert.Equal("candidate", (await ApprovalAsync(notes.GetProperty("admission-id").GetString()!)).GetProperty("state").GetString());

        // Its token is good as soon as the pod is there; the broker may not have seen it yet.
        _rig.Persist(pod);
        var reply = await _rig.ClaimUntilAsync(pod);
        Assert.True(reply.Status == HttpStatusCode.Created, reply.Body);
        var approval = await ApprovalAsync(notes.GetProperty("admission-id").GetString()!);
        Assert.Equal(("bound", ClusterRig.UidOf(pod), "k8s://cluster/shop/checkout"), (approval.GetProperty("state").GetString(), approval.GetProperty("instance").GetString(), approval.GetProperty("workload").GetString()));
        var audit = (await _rig.Broker.Scene.OperatorAsync(HttpMethod.Get, "/v1/audit?count=500")).Body;
        Assert.Contains(notes.GetProperty("decision-id").GetString()!, audit, StringComparison.Ordinal);
        Assert.Contains("approval.confirmed", audit, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Asking_twice_changes_nothing_more()
    {
        var once = await _rig.MutateAsync(_rig.PodOf());
        Assert.True(JsonNode.DeepEquals(once, await _rig.MutateAsync(once)));
        Assert.Contains(once["spec"]!["volumes"]!.AsArray(), v => (string)v!["name"]! == PodPatch.TokenVolume && (int)v["projected"]!["sources"]![0]!["serviceAccountToken"]!["expirationSeconds"]! == 600);
        var pod = _rig.Filled(once);
        var first = await _rig.ValidateAsync(pod);
        var second = await _rig.ValidateAsync(pod);
        Assert.Equal(Note(first, "admission-id"), Note(second, "admission-id"));
    }

    [Fact]
    public async Task A_pod_that_names_no_templates_is_none_of_our_business()
    {
        var plain = _rig.PodOf();
        ((JsonObject)plain["metadata"]!).Remove("annotations");
        Assert.True(JsonNode.DeepEquals(plain, await _rig.MutateAsync(plain)));
        var rows = await RowsAsync();
        Assert.True((await _rig.ValidateAsync(_rig.Filled(plain))).GetProperty("allowed").GetBoolean());
        Assert.Equal(rows, await RowsAsync());
    }

    [Fact]
    public async Task R64_A_dry_run_leaves_nothing_whatever_the_answer_is()
    {
        var rows = await RowsAsync();
        var pod = _rig.Filled(await _rig.MutateAsync(_rig.PodOf(), dryRun: true));
        var answer = await _rig.ValidateAsync(pod, dryRun: true);
        Assert.Equal((true, "standard"), (answer.GetProperty("allowed").GetBoolean(), Note(answer, "tier")));
        pod["spec"]!["hostPID"] = true;
        Assert.False((await _rig.ValidateAsync(pod, dryRun: true)).GetProperty("allowed").GetBoolean());
        pod["metadata"]!["annotations"]![PodRead.NonceAnnotation] = "made.up.here";
        Assert.False((await _rig.ValidateAsync(pod, dryRun: true)).GetProperty("allowed").GetBoolean());
        Assert.Equal(rows, await RowsAsync());
    }

    [Theory]
    [InlineData("made-up")]
    [InlineData("6920f000.AAAAAAAAAAAAAAAA.0123456789abcdef0123456789abcdef")]
    [InlineData(null)]
    public async Task R10_A_nonce_that_was_not_made_here_is_refused(string? nonce)
    {
        var pod = _rig.Filled(await _rig.MutateAsync(_rig.PodOf()));
        if (nonce is null) ((JsonObject)pod["metadata"]!["annotations"]!).Remove(PodRead.NonceAnnotation);
        else pod["metadata"]!["annotations"]![PodRead.NonceAnnotation] = nonce;
        AssertDenied(await _rig.ValidateAsync(pod), "nonce_refused");
    }

    [Fact]
    public async Task R10_A_nonce_of_another_account_or_of_another_pod_is_refused_and_the_gate_gives_a_copy_a_new_one()
    {
        var running = await _rig.RunAsync();
        await _rig.LeaseOfAsync(running);
        var nonce = (string)running["metadata"]!["annotations"]![PodRead.NonceAnnotation]!;

        var copy = _rig.PodOf();
        copy["metadata"]!["annotations"]![PodRead.NonceAnnotation] = nonce;
        Assert.NotEqual(nonce, (string)(await _rig.MutateAsync(copy))["metadata"]!["annotations"]![PodRead.NonceAnnotation]!);
        var past = _rig.Filled(await _rig.MutateAsync(_rig.PodOf()));
        past["metadata"]!["annotations"]![PodRead.NonceAnnotation] = nonce;
        AssertDenied(await _rig.ValidateAsync(past), "nonce_refused");

        var other = _rig.Filled(await _rig.MutateAsync(_rig.PodOf()));
        other["spec"]!["serviceAccountName"] = "payments";
        AssertDenied(await _rig.ValidateAsync(other), "nonce_refused");
    }

    [Fact]
    public async Task R09_Of_the_names_that_a_server_tries_the_one_that_came_to_be_is_confirmed()
    {
        var template = _rig.PodOf();
        ((JsonObject)template["metadata"]!).Remove("name");
        template["metadata"]!["generateName"] = "checkout-7d9f-";
        var marked = await _rig.MutateAsync(template);
        var tries = Enumerable.Range(0, 4).Select(_ => _rig.Filled(marked)).ToList();
        foreach (var one in tries) Assert.True((await _rig.ValidateAsync(one)).GetProperty("allowed").GetBoolean());
        _rig.Persist(tries[^1]);
        Assert.Equal(HttpStatusCode.Created, (await _rig.ClaimUntilAsync(tries[^1])).Status);
        // One that was tried comes to be all the same, as no server would have it: of one nonce there is one pod.
        _rig.Persist(tries[0]);
        await Task.Delay(200);
        Assert.Equal(425, (int)(await _rig.ClaimAsync(tries[0])).Status);
    }

    [Fact]
    public async Task R61_A_pod_that_reaches_its_host_is_privileged_and_more_than_this_cluster_may_approve()
    {
        var pod = _rig.Filled(await _rig.MutateAsync(_rig.PodOf()));
        pod["spec"]!["hostNetwork"] = true;
        var answer = await _rig.ValidateAsync(pod);
        AssertDenied(answer, "source_not_entitled");
        Assert.Contains("namespace:host-network", answer.GetProperty("status").GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Contains("admission.denied", (await _rig.Broker.Scene.OperatorAsync(HttpMethod.Get, "/v1/audit?count=500")).Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Templates_outside_what_the_cluster_may_approve_are_left_out_and_told()
    {
        var pod = _rig.Filled(await _rig.MutateAsync(_rig.PodOf(templates: "token, admin")));
        var answer = await _rig.ValidateAsync(pod);
        Assert.Equal("token", Note(answer, "templates"));
        Assert.Contains("admin", Assert.Single(answer.GetProperty("warnings").EnumerateArray()).GetString(), StringComparison.Ordinal);
        AssertDenied(await _rig.ValidateAsync(_rig.Filled(await _rig.MutateAsync(_rig.PodOf(templates: "admin")))), "source_not_entitled");
        AssertDenied(await _rig.ValidateAsync(_rig.Filled(await _rig.MutateAsync(_rig.PodOf(templates: "To ken/")))), "admission_refused");
    }

    [Fact]
    public async Task R10_The_marks_of_a_pod_stay_as_they_are()
    {
        var pod = await _rig.AdmitAsync();
        var changed = (JsonObject)pod.DeepClone();
        changed["metadata"]!["labels"] = new JsonObject { ["a"] = "b" };
        Assert.True((await _rig.AskAsync("validate", ClusterRig.ReviewOf("UPDATE", "pods", "Pod", changed, pod))).GetProperty("allowed").GetBoolean());
        foreach (var mark in new[] { "credbroker.io/nonce", "credbroker.io/templates", "credbroker.io/anything" })
        {
            changed = (JsonObject)pod.DeepClone();
            changed["metadata"]!["annotations"]![mark] = "other";
            AssertDenied(await _rig.AskAsync("validate", ClusterRig.ReviewOf("UPDATE", "pods", "Pod", changed, pod)), "admission_refused");
        }

        changed = (JsonObject)pod.DeepClone();
        ((JsonObject)changed["metadata"]!).Remove("annotations");
        AssertDenied(await _rig.AskAsync("validate", ClusterRig.ReviewOf("UPDATE", "pods", "Pod", changed, pod)), "admission_refused");
        AssertDenied(await _rig.AskAsync("validate", ClusterRig.ReviewOf("UPDATE", "pods", "Pod", pod, pod, "ephemeralcontainers")), "admission_refused");
    }

    [Theory]
    [InlineData("exec", "PodExecOptions")]
    [InlineData("attach", "PodAttachOptions")]
    [InlineData("portforward", "PodPortForwardOptions")]
    public async Task Nobody_goes_into_a_pod_that_holds_leases(string sub, string kind)
    {
        var pod = await _rig.RunAsync();
        var review = ClusterRig.ReviewOf("CONNECT", "pods", kind, new JsonObject { ["command"] = new JsonArray("sh") }, null, sub, (string)pod["metadata"]!["name"]!, user: "alice");
        Assert.True((await _rig.AskAsync("validate", review)).GetProperty("allowed").GetBoolean());
        await _rig.LeaseOfAsync(pod);
        AssertDenied(await _rig.AskAsync("validate", review), "admission_refused");
    }

    [Fact]
    public async Task A_token_for_this_broker_is_made_for_a_pod_by_its_node_and_for_nobody_else()
    {
        JsonObject Token(string audience, string? bound) => new()
        {
            ["spec"] = new JsonObject { ["audiences"] = new JsonArray(audience), ["expirationSeconds"] = 600, ["boundObjectRef"] = bound is null ? null : new JsonObject { ["kind"] = bound, ["name"] = "x", ["uid"] = "u" } },
        };

        JsonObject Review(string audience, string? bound, string user, params string[] groups) =>
            ClusterRig.ReviewOf("CREATE", "serviceaccounts", "authentication.k8s.io/v1/TokenRequest", Token(audience, bound), null, "token", "checkout", user: user, groups: groups);

        const string ours = "credbroker/test";
        Assert.True((await _rig.AskAsync("validate", Review(ours, "Pod", "system:node:node-1", "system:nodes"))).GetProperty("allowed").GetBoolean());
        Assert.True((await _rig.AskAsync("validate", Review("vault", null, "alice"))).GetProperty("allowed").GetBoolean());
        AssertDenied(await _rig.AskAsync("validate", Review(ours, "Pod", "alice")), "admission_refused");
        AssertDenied(await _rig.AskAsync("validate", Review(ours, "Pod", "system:node:node-1")), "admission_refused");
        AssertDenied(await _rig.AskAsync("validate", Review(ours, null, "system:node:node-1", "system:nodes")), "admission_refused");
        AssertDenied(await _rig.AskAsync("validate", Review(ours, "Secret", "system:node:node-1", "system:nodes")), "admission_refused");
    }

    [Theory]
    [InlineData("CREATE", "apps/v1/deployments", "apps/v1/Deployment", "")]
    [InlineData("CREATE", "pods", "Service", "")]
    [InlineData("DELETE", "pods", "Pod", "")]
    [InlineData("CREATE", "pods", "Pod", "binding")]
    [InlineData("UPDATE", "pods", "Pod", "status")]
    [InlineData("CREATE", "/v2/pods", "/v2/Pod", "")]
    [InlineData("SUDO", "pods", "Pod", "")]
    [InlineData("CONNECT", "pods", "PodExecOptions", "proxy")]
    public async Task Questions_about_anything_else_are_answered_no(string operation, string resource, string kind, string sub)
    {
        var review = ClusterRig.ReviewOf(operation, resource, kind, _rig.PodOf(), null, sub);
        AssertDenied(await _rig.AskAsync("validate", review), "admission_refused");
        AssertDenied(await _rig.AskAsync("mutate", review), "admission_refused");
    }

    public static TheoryData<string, string> Bodies => new()
    {
        { "", "request_malformed" }, { "[]", "request_malformed" }, { "{", "request_malformed" }, { "{}", "request_malformed" }, { "null", "request_malformed" }, { "{} {}", "request_malformed" },
        { """{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"a","uid":"b"}}""", "request_malformed" },
        { """{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"a","object":{"spec":{"hostPID":true,"hostPID":false}}}}""", "request_malformed" },
        { """{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":"a"}}""", "request_malformed" },
        { """{"apiVersion":"admission.k8s.io/v1beta1","kind":"AdmissionReview","request":{"uid":"a"}}""", "request_malformed" },
        { """{"apiVersion":"admission.k8s.io/v1","kind":"ConversionReview","request":{"uid":"a"}}""", "request_malformed" },
        { """{"apiversion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"a"}}""", "request_malformed" },
        { """{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"a"},"response":{"allowed":true}}""", "request_malformed" },
        { """{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":""}}""", "request_malformed" },
        { """{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"a b"}}""", "request_malformed" },
        { """{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":7}}""", "request_malformed" },
        { $$"""{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{{new string('[', 40)}}{{new string(']', 40)}}}""", "request_malformed" },
        { "{\"apiVersion\":\"admission.k8s.io/v1\",\"kind\":\"AdmissionReview\",\"request\":{\"uid\":\"a\\ud800\"}}", "request_malformed" },
    };

    [Theory]
    [MemberData(nameof(Bodies))]
    public async Task A_body_that_could_be_read_in_two_ways_or_in_none_is_refused(string body, string code)
    {
        var rows = await RowsAsync();
        foreach (var which in new[] { "mutate", "validate" }) Assert.Equal((HttpStatusCode.BadRequest, code), (await _rig.PostAsync($"/admission/cluster/{which}", body)) is var reply ? (reply.Status, reply.Code) : default);
        Assert.Equal(rows, await RowsAsync());
    }

    [Fact]
    public async Task Only_the_api_server_is_answered_and_about_its_own_cluster()
    {
        var body = ClusterRig.ReviewOf("CREATE", "pods", "Pod", _rig.PodOf()).ToJsonString();
        foreach (var path in new[] { "mutate", "validate", "audit" })
        {
            Assert.Equal(HttpStatusCode.Unauthorized, (await _rig.PostAsync($"/admission/cluster/{path}", body, token: null)).Status);
            Assert.Equal("evidence_signature", (await _rig.PostAsync($"/admission/cluster/{path}", body, token: new string('x', 47))).Code);
            Assert.Equal(HttpStatusCode.NotFound, (await _rig.PostAsync($"/admission/other/{path}", body)).Status);
            Assert.Equal("request_malformed", (await _rig.PostAsync($"/admission/cluster/{path}", body, type: "text/plain")).Code);
        }

        Assert.Equal("request_malformed", (await _rig.Broker.Scene.ApproveAsync("a.b.c", "admit")).Code);
    }

    [Fact]
    public async Task Large_objects_are_read_whole_and_larger_ones_not_at_all()
    {
        var pod = _rig.PodOf();
        pod["metadata"]!["annotations"]!["filler"] = new string('x', 3 * 1024 * 1024);
        Assert.True((await _rig.ValidateAsync(_rig.Filled(await _rig.MutateAsync(pod)))).GetProperty("allowed").GetBoolean());
        var body = new StringBuilder("{\"apiVersion\":\"admission.k8s.io/v1\",\"kind\":\"AdmissionReview\",\"request\":{\"uid\":\"a\",\"name\":\"").Append('x', AdmissionEndpoints.BodyLimit).Append("\"}}").ToString();
        var reply = await _rig.Broker.Scene.SendAsync(HttpMethod.Post, "/admission/cluster/validate", ClusterRig.GateToken, new StringContent(body, Encoding.UTF8, "application/json"), ("Expect", "100-continue"));
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, reply.Status);
    }

    private async Task<JsonElement> ApprovalAsync(string id) => (await _rig.Broker.Scene.OperatorAsync(HttpMethod.Get, $"/v1/approvals/{id}")).Json;

    private async Task<string> RowsAsync()
    {
        var store = _rig.Broker.Get<Store>();
        var counts = new List<long>();
        foreach (var table in new[] { "approvals", "approval_uses", "approval_events", "leases", "ended_tasks", "workloads" })
            counts.Add((await store.ListAsync(Pool.Control, new Statement($"SELECT count(*) FROM {table}"), row => row.GetInt64(0), default))[0]);
        // Others of this class write records of their own; none of them is about an admission unless it was one.
        counts.Add((await store.ListAsync(Pool.Control, new Statement("SELECT count(*) FROM audit WHERE type LIKE 'admission.%'"), row => row.GetInt64(0), default))[0]);
        return string.Join(',', counts);
    }

    private static string? Note(JsonElement answer, string name) => answer.GetProperty("auditAnnotations").GetProperty(name).GetString();

    private static void AssertDenied(JsonElement answer, string code)
    {
        Assert.False(answer.GetProperty("allowed").GetBoolean(), answer.ToString());
        Assert.Equal(("deny", code), (Note(answer, "decision"), Note(answer, "reason")));
        Assert.False(answer.TryGetProperty("patch", out _));
        Assert.NotEmpty(answer.GetProperty("status").GetProperty("message").GetString()!);
    }
}
