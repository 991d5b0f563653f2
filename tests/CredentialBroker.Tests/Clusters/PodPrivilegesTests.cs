using System.Text.Json;
using System.Text.Json.Nodes;

namespace CredentialBroker.Clusters;

/// <summary>What a spec reaches of its host, and what its digest covers.</summary>
public sealed class PodPrivilegesTests
{
    public static TheoryData<string, string> Flags => new()
    {
        { """{"hostPID":true}""", "namespace:host-pid" }, { """{"hostIPC":true}""", "namespace:host-ipc" }, { """{"hostNetwork":true}""", "namespace:host-network" },
        { """{"containers":[{"name":"a","securityContext":{"privileged":true}}]}""", "privileged" },
        { """{"initContainers":[{"name":"a","securityContext":{"privileged":true}}]}""", "privileged" },
        { """{"ephemeralContainers":[{"name":"a","securityContext":{"privileged":true}}]}""", "privileged" },
        { """{"containers":[{"name":"a","securityContext":{"capabilities":{"add":["SYS_ADMIN"]}}}]}""", "capability:SYS_ADMIN" },
        { """{"containers":[{"name":"a","securityContext":{"capabilities":{"add":["cap_net_raw"]}}}]}""", "capability:NET_RAW" },
        { """{"containers":[{"name":"a","securityContext":{"capabilities":{"add":["ALL"]}}}]}""", "capability:ALL" },
        { """{"containers":[{"name":"a","securityContext":{"seccompProfile":{"type":"Unconfined"}}}]}""", "seccomp:unconfined" },
        { """{"securityContext":{"appArmorProfile":{"type":"Unconfined"}}}""", "apparmor:unconfined" },
        { """{"securityContext":{"seLinuxOptions":{"type":"spc_t"}}}""", "selinux:type:spc_t" },
        { """{"securityContext":{"sysctls":[{"name":"kernel.msgmax","value":"1"}]}}""", "sysctl:kernel.msgmax" },
        { """{"securityContext":{"windowsOptions":{"hostProcess":true}}}""", "windows:host-process" },
        { """{"containers":[{"name":"a","securityContext":{"procMount":"Unmasked"}}]}""", "procmount:unmasked" },
        { """{"containers":[{"name":"a","ports":[{"containerPort":80,"hostPort":8080}]}]}""", "hostport:8080" },
        { """{"volumes":[{"name":"d","hostPath":{"path":"/data"}}]}""", "bind:/data::rw" },
        { """{"volumes":[{"name":"d","hostPath":{"path":"/data"}}],"containers":[{"name":"a","volumeMounts":[{"name":"d","mountPath":"/in","readOnly":true}]}]}""", "bind:/data:/in:ro" },
        { """{"volumes":[{"name":"d","hostPath":{"path":"/var/run/docker.sock"}}],"containers":[{"name":"a","volumeMounts":[{"name":"d","mountPath":"/s"}]}]}""", "bind:/var/run/docker.sock:/s:rw" },
        { """{"volumes":[{"name":"t","secret":{"secretName":"checkout-token-x7k2p"}}]}""", "legacy-token:checkout-token-x7k2p" },
    };

    [Theory]
    [MemberData(nameof(Flags))]
    public void R50_R61_Each_way_to_the_host_is_told_exactly(string spec, string resource) => Assert.Equal([resource], PodPrivileges.HostResources(Of(spec)));

    [Fact]
    public void R61_An_ordinary_pod_reaches_nothing_of_its_host() => Assert.Empty(PodPrivileges.HostResources(Of(
        """{"hostPID":false,"securityContext":{"seccompProfile":{"type":"RuntimeDefault"},"sysctls":[{"name":"net.ipv4.tcp_syncookies","value":"1"}]},"volumes":[{"name":"e","emptyDir":{}},{"name":"s","secret":{"secretName":"config"}}],"containers":[{"name":"a","ports":[{"containerPort":80}],"securityContext":{"privileged":false,"capabilities":{"add":["NET_BIND_SERVICE"],"drop":["ALL"]}}}]}""")));

    [Fact]
    public void R69_A_mounted_token_and_the_hosts_network_are_told_as_weaknesses()
    {
        Assert.Equal(["automounted-token"], PodPrivileges.Weaknesses(Of("{}")));
        Assert.Equal(["automounted-token", "metadata-reachable"], PodPrivileges.Weaknesses(Of("""{"automountServiceAccountToken":true,"hostNetwork":true}""")));
        Assert.Empty(PodPrivileges.Weaknesses(Of("""{"automountServiceAccountToken":false}""")));
    }

    [Theory]
    [InlineData("""{"nodeName":"n"}""")]
    [InlineData("""{"tolerations":[{"key":"a"}]}""")]
    [InlineData("""{"activeDeadlineSeconds":3}""")]
    [InlineData("""{"hostAliases":null}""")]
    [InlineData("""{"imagePullSecrets":[]}""")]
    public void R11_What_others_may_change_in_the_life_of_a_pod_is_no_drift(string added) => Assert.Equal(SpecDigest.Of(Of(Base)), SpecDigest.Of(Merged(added)));

    [Theory]
    [InlineData("""{"hostPID":true}""")]
    [InlineData("""{"serviceAccountName":"other"}""")]
    [InlineData("""{"ephemeralContainers":[{"name":"debug","image":"sh"}]}""")]
    [InlineData("""{"containers":[{"name":"a","image":"two","resources":{}}]}""")]
    [InlineData("""{"containers":[{"name":"a","image":"one","env":[{"name":"X","value":"1"}],"resources":{}}]}""")]
    [InlineData("""{"volumes":[{"name":"e","emptyDir":{}}]}""")]
    public void R11_What_runs_and_with_which_rights_is(string added) => Assert.NotEqual(SpecDigest.Of(Of(Base)), SpecDigest.Of(Merged(added)));

    [Fact]
    public void R11_The_order_of_members_and_what_the_node_gives_do_not_count() => Assert.Equal(
        SpecDigest.Of(Of("""{"serviceAccountName":"a","containers":[{"name":"a","image":"one","resources":{"limits":{"cpu":"1"}}}]}""")),
        SpecDigest.Of(Of("""{"containers":[{"resources":{},"image":"one","name":"a"}],"serviceAccountName":"a"}""")));

    private const string Base = """{"serviceAccountName":"checkout","containers":[{"name":"a","image":"one","resources":{}}]}""";

    private static JsonElement Merged(string added)
    {
        var all = (JsonObject)JsonNode.Parse(Base)!;
        foreach (var (name, value) in (JsonObject)JsonNode.Parse(added)!) all[name] = value?.DeepClone();
        return Of(all.ToJsonString());
    }

    private static JsonElement Of(string json) => JsonDocument.Parse(json).RootElement;
}
