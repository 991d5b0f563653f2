using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using CredentialBroker.Clusters;
using CredentialBroker.Configuration;
using CredentialBroker.TestInfra;
using CredentialBroker.Tests.TestInfra;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace CredentialBroker.Admission;

/// <summary>Gates that are set up in another way: by certificate and up to privileged, with a sidecar, in a hurry.</summary>
public sealed class GateTests
{
    [Fact]
    public async Task R61_R69_A_gate_that_may_approve_privileged_pods_says_so_with_each_reason_and_takes_the_servers_certificate_alone()
    {
        using var authority = new TestAuthority("CN=cluster");
        using var server = authority.Issue("CN=api", names => names.AddDnsName("api.cluster.test"));
        using var other = authority.Issue("CN=other", names => names.AddDnsName("other.cluster.test"));
        var known = new Dictionary<string, X509Certificate2> { ["server"] = server, ["other"] = other };
        await using var rig = await ClusterRig.StartAsync(
            configuration =>
            {
                var source = (JsonObject)configuration["TrustSources"]!["Approvals"]!["admit"]!;
                var ca = Path.Combine(Path.GetDirectoryName((string)source["SecretFile"]!)!, "cluster-ca.pem");
                File.WriteAllText(ca, authority.Pem);
                source.Remove("SecretFile");
                (source["Authentication"], source["ClientCaFile"], source["ClientSan"], source["MaxTier"]) = ("mtls", ca, "dns:api.cluster.test", "privileged");
            },
            services: services => services.AddSingleton<IStartupFilter>(new ClientCertificates(known)));
        async Task<Reply> AskAsync(string which, JsonObject pod, string? certificate) => await rig.Broker.Scene.SendAsync(
            HttpMethod.Post, $"/admission/cluster/{which}", null, new StringContent(ClusterRig.ReviewOf("CREATE", "pods", "Pod", pod).ToJsonString(), System.Text.Encoding.UTF8, "application/json"), certificate is null ? [] : [(ClientCertificates.Header, certificate)]);

        rig.StandIn.Mighty["system:serviceaccount:shop:checkout"] = true;
        var pod = rig.PodOf();
        ((JsonObject)pod["spec"]!).Remove("automountServiceAccountToken");
        Assert.Equal("evidence_missing", (await AskAsync("mutate", pod, null)).Code);
        Assert.Equal("evidence_claims", (await AskAsync("mutate", pod, "other")).Code);
        var patch = (await AskAsync("mutate", pod, "server")).Json.GetProperty("response").GetProperty("patch").GetString()!;
        pod = rig.Filled(JsonPatch.Apply(pod, (JsonArray)JsonNode.Parse(Convert.FromBase64String(patch))!));
        pod["spec"]!["hostPID"] = true;
        pod["spec"]!["volumes"]!.AsArray().Add(new JsonObject { ["name"] = "s", ["hostPath"] = new JsonObject { ["path"] = "/var/run/docker.sock" } });
        // What a requester writes about it lowers nothing.
        pod["metadata"]!["annotations"]!["credbroker.io/tier"] = "low";
        var answer = (await AskAsync("validate", pod, "server")).Json.GetProperty("response");
        Assert.True(answer.GetProperty("allowed").GetBoolean(), answer.ToString());
        Assert.Equal("privileged", answer.GetProperty("auditAnnotations").GetProperty("tier").GetString());
        var approval = (await rig.Broker.Get<Approvals.ApprovalStore>().GetAsync(answer.GetProperty("auditAnnotations").GetProperty("admission-id").GetString()!, default))!;
        Assert.Equal(("privileged", Approvals.ApprovalState.Candidate), (approval.Tier, approval.State));
        Assert.Equal(["bind:/var/run/docker.sock::rw", "namespace:host-pid"], approval.Circumstances.HostResources);
        Assert.Equal(["automounted-token", "rbac-wildcard"], approval.Circumstances.Weaknesses);
        Assert.Contains("namespace:host-pid", (await rig.Broker.Scene.OperatorAsync(HttpMethod.Get, "/v1/audit?count=200")).Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task R12_The_sidecar_is_put_before_all_others_and_holds_them_back_until_it_is_ready()
    {
        await using var rig = await ClusterRig.StartAsync(configuration =>
        {
            configuration["Clusters"]!["cluster"]!["Watch"] = false;
            configuration["Admission"]!["cluster"]!["Sidecar"] = new JsonObject { ["Image"] = $"credentialbroker@sha256:{new string('c', 64)}", ["StartupSeconds"] = 60 };
        });
        var wanted = rig.PodOf();
        wanted["spec"]!["initContainers"] = new JsonArray(new JsonObject { ["name"] = "migrate", ["image"] = "registry.example/migrate" });
        var pod = await rig.MutateAsync(wanted);
        var sidecar = pod["spec"]!["initContainers"]![0]!;
        Assert.Equal(("credbroker-sidecar", "Always", 60), ((string)sidecar["name"]!, (string)sidecar["restartPolicy"]!, (int)sidecar["startupProbe"]!["failureThreshold"]!));
        Assert.Equal("migrate", (string)pod["spec"]!["initContainers"]![1]!["name"]!);
        Assert.Contains(pod["spec"]!["containers"]![0]!["volumeMounts"]!.AsArray(), m => (string)m!["mountPath"]! == "/run/credbroker");
        Assert.DoesNotContain(pod["spec"]!["containers"]![0]!["volumeMounts"]!.AsArray(), m => (string)m!["name"]! == PodPatch.TokenVolume);
        Assert.Contains(pod["spec"]!["volumes"]!.AsArray(), v => (string?)v!["configMap"]?["name"] == "checkout-sidecar");
        Assert.True(JsonNode.DeepEquals(pod, await rig.MutateAsync(pod)));
        Assert.True((await rig.ValidateAsync(rig.Filled(pod))).GetProperty("allowed").GetBoolean());
    }

    [Theory]
    [InlineData("end")]
    [InlineData("allow")]
    public async Task Going_into_a_pod_ends_its_leases_or_is_recorded_as_the_operator_says(string rule)
    {
        await using var rig = await ClusterRig.StartAsync(configuration => configuration["Admission"]!["cluster"]!["Connect"] = rule);
        var pod = await rig.RunAsync();
        var lease = await rig.LeaseOfAsync(pod);
        var review = ClusterRig.ReviewOf("CONNECT", "pods", "PodExecOptions", new JsonObject(), null, "exec", (string)pod["metadata"]!["name"]!, user: "alice");
        Assert.True((await rig.AskAsync("validate", review)).GetProperty("allowed").GetBoolean());
        if (rule == "end") Assert.Equal("drift", (await rig.Broker.Scene.LeaseUntilAsync(lease, "ended")).GetProperty("endsBecause").GetString());
        else Assert.Equal("active", (await rig.Broker.Scene.LeaseAsync(lease)).GetProperty("state").GetString());
        if (rule == "end") Assert.Equal("approval_withdrawn", (await rig.ClaimAsync(pod)).Code);
        Assert.Contains("admission.entered", (await rig.Broker.Scene.OperatorAsync(HttpMethod.Get, "/v1/audit?count=200")).Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task R19_Whoever_cannot_be_answered_in_time_is_told_no_well_before_the_api_server_gives_up()
    {
        await using var rig = await ClusterRig.StartAsync(
            configuration =>
            {
                configuration["Clusters"]!["cluster"]!["Watch"] = false;
                (configuration["Admission"]!["cluster"]!["Budget"], configuration["Admission"]!["cluster"]!["MaxConcurrent"]) = ("00:00:05", 1);
            });
        var pod = rig.Filled(await rig.MutateAsync(rig.PodOf()));
        // The store's only writer is held: every commit waits.
        var store = rig.Broker.Get<Storage.Store>();
        await using (var writer = store.OpenWriter())
        {
            await Storage.Statements.RunAsync(writer, [new Storage.Statement("BEGIN IMMEDIATE")], default);
            var late = await rig.AskAsync("validate", ClusterRig.ReviewOf("CREATE", "pods", "Pod", pod), "?timeout=1s");
            Assert.False(late.GetProperty("allowed").GetBoolean());
            Assert.Equal("admission_undecided", late.GetProperty("auditAnnotations").GetProperty("reason").GetString());
            // What still works on it takes the only place: the next is told so at once.
            var crowded = await rig.AskAsync("validate", ClusterRig.ReviewOf("CREATE", "pods", "Pod", pod));
            Assert.Contains("more is asked", crowded.GetProperty("status").GetProperty("message").GetString(), StringComparison.Ordinal);
            await Storage.Statements.RunAsync(writer, [new Storage.Statement("ROLLBACK")], default);
        }

    }

    [Fact]
    public void Mistakes_between_the_sections_are_told_each_with_its_path()
    {
        using var folder = new SceneFolder();
        var configuration = ConfigurationReader.Sources(folder.Write(8200, null, c =>
        {
            c["Clusters"] = new JsonObject { ["Prod_EU"] = new JsonObject { ["Server"] = "http://api.example", ["OnDrift"] = "shrug", ["NodeGrace"] = "00:00:01" } };
            c["Admission"] = new JsonObject { ["nowhere"] = new JsonObject { ["Tier"] = "privileged", ["Budget"] = "00:01:00", ["Connect"] = "perhaps", ["Sidecar"] = new JsonObject { ["Image"] = "latest" } } };
            c["TrustSources"]!["Workloads"]!["cluster"]!["Cluster"] = "other";
            var source = (JsonObject)c["TrustSources"]!["Approvals"]!["gate"]!.DeepClone();
            foreach (var name in new[] { "Issuer", "Audience", "JwksFile" }) source.Remove(name);
            (source["Format"], source["Authentication"], source["Cluster"], source["Binding"], source["MinApprovers"]) = ("admission", "token", "third", "nonce", 1);
            c["TrustSources"]!["Approvals"]!["admit"] = source;
        }));
        var (_, mistakes) = ConfigurationReader.Read(configuration, TimeProvider.System);
        foreach (var path in new[]
        {
            "Clusters:Prod_EU: a cluster's name", "Clusters:Prod_EU:Server", "Clusters:Prod_EU:OnDrift", "Clusters:Prod_EU:NodeGrace", "Clusters:Prod_EU:TokenFile", "Admission:nowhere:Tier", "Admission:nowhere:Budget", "Admission:nowhere:Connect",
            "Admission:nowhere:Sidecar:Image", "Admission:nowhere: no approval source", "TrustSources:Workloads:cluster:Cluster: Clusters has no 'other'", "TrustSources:Approvals:admit:Cluster: Clusters has no 'third'",
            "TrustSources:Approvals:admit:Cluster: no source of workloads", "TrustSources:Approvals:admit:Binding", "TrustSources:Approvals:admit:MinApprovers", "TrustSources:Approvals:admit:SecretFile", "TrustSources:Approvals:admit:MaxTier",
        }) Assert.Contains(mistakes, m => m.StartsWith(path, StringComparison.Ordinal));
    }
}
