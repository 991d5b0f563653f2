using System.Text.Json.Nodes;
using CredentialBroker.Protocol;
using CredentialBroker.Tests.TestInfra;

namespace CredentialBroker.Tests.Attestation;

/// <summary>R14, R27: projected service-account tokens.</summary>
public sealed class KubernetesEvidenceTests
{
    private const string PodUid = "6f0e3a52-cccc-4000-8000-00000000000c";

    private readonly TestIssuer _issuer = new(new FakeClock());

    private static readonly Dictionary<string, Action<JsonObject, JsonObject>> Cases = new()
    {
        ["no kubernetes.io"] = (claims, _) => claims.Remove("kubernetes.io"),
        ["kubernetes.io is text"] = (claims, _) => claims["kubernetes.io"] = "shop",
        ["no namespace"] = (_, bound) => bound.Remove("namespace"),
        ["no service account"] = (_, bound) => bound.Remove("serviceaccount"),
        ["no service account uid"] = (_, bound) => bound["serviceaccount"]!.AsObject().Remove("uid"),
        ["no pod: bound to nothing that ends"] = (_, bound) => bound.Remove("pod"),
        ["no pod uid"] = (_, bound) => bound["pod"]!.AsObject().Remove("uid"),
        ["pod uid is empty"] = (_, bound) => bound["pod"]!["uid"] = "",
        ["pod uid is an array"] = (_, bound) => bound["pod"]!["uid"] = new JsonArray(PodUid),
        ["pod uid of 65 characters"] = (_, bound) => bound["pod"]!["uid"] = new string('a', 65),
        ["pod uid with a slash"] = (_, bound) => bound["pod"]!["uid"] = "a/b",
        ["warnafter beside the rest"] = (claims, _) => claims["warnafter"] = 1,
        ["warnafter: extended legacy token"] = (_, bound) => bound["warnafter"] = 1_900_000_000,
        ["bound to a secret"] = (_, bound) => bound["secret"] = new JsonObject { ["name"] = "s", ["uid"] = "u" },
        ["bound to a webhook configuration"] = (_, bound) => bound["validatingwebhookconfiguration"] = new JsonObject { ["name"] = "w", ["uid"] = "u" },
        ["sub of another service account"] = (claims, _) => claims["sub"] = "system:serviceaccount:shop:admin",
        ["sub of another namespace"] = (claims, _) => claims["sub"] = "system:serviceaccount:kube-system:checkout",
        ["sub of a node"] = (claims, _) => claims["sub"] = "system:node:node-1",
        ["no sub"] = (claims, _) => claims.Remove("sub"),
        ["node without uid"] = (_, bound) => bound["node"]!.AsObject().Remove("uid"),
        ["node with a line break"] = (_, bound) => bound["node"]!["name"] = "node\n1",
    };

    public static TheoryData<string> Names => [.. Cases.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task R27_claims_that_prove_no_running_pod_are_refused(string name)
    {
        var claims = _issuer.KubernetesClaims("shop", "checkout", PodUid);
        Cases[name](claims, claims["kubernetes.io"]!.AsObject());
        await AttestationBench.Of("kubernetes", _issuer).RefusesAsync(_issuer.Sign(claims), ReasonCodes.EvidenceClaims);
    }

    [Theory]
    [InlineData("sho\"p", "checkout")]
    [InlineData("sho\0p", "checkout")]
    [InlineData("shop\n", "checkout")]
    [InlineData("shop/admin", "checkout")]
    [InlineData("Shop", "checkout")]
    [InlineData("-shop", "checkout")]
    [InlineData("shop-", "checkout")]
    [InlineData("sh.op", "checkout")]
    [InlineData("*", "checkout")]
    [InlineData("shop", "check/out")]
    [InlineData("shop", "check..out")]
    [InlineData("shop", "*")]
    [InlineData("shop", "check%2fout")]
    [InlineData("shop", "ch\u00e9ckout")]
    public async Task R27_names_that_Kubernetes_never_gives_are_refused(string ns, string account) =>
        await AttestationBench.Of("kubernetes", _issuer).RefusesAsync(_issuer.KubernetesToken(ns, account, PodUid), ReasonCodes.EvidenceClaims);

    [Theory]
    [InlineData("pod\"x")]
    [InlineData("pod\0x")]
    [InlineData("Pod")]
    public async Task R27_pod_names_that_Kubernetes_never_gives_are_refused(string pod) =>
        await AttestationBench.Of("kubernetes", _issuer).RefusesAsync(_issuer.KubernetesToken("shop", "checkout", PodUid, pod), ReasonCodes.EvidenceClaims);

    [Fact]
    public async Task R14_a_pod_is_proven()
    {
        var workload = await AttestationBench.Of("kubernetes", _issuer).ProvenAsync(_issuer.KubernetesToken("shop", "checkout", PodUid));
        Assert.Equal("k8s://prod-eu/shop/checkout", workload.Uri);
        Assert.Equal("system:serviceaccount:shop:checkout", workload.Subject);
        Assert.Equal(PodUid, workload.Instance);
        Assert.Equal(2, workload.Strength);
        Assert.Equal("prod-eu:5d1c8a3e-0001-4000-8000-000000000001", workload.EvidenceId);
        Assert.Empty(workload.ActChain);
        Assert.Equal(
            ["cluster", "namespace", "node", "nodeUid", "pod", "podUid", "serviceAccount", "serviceAccountUid"],
            workload.Attributes.Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_pod_of_a_cluster_that_does_not_name_nodes_is_proven()
    {
        var claims = _issuer.KubernetesClaims("shop", "checkout", PodUid);
        claims["kubernetes.io"]!.AsObject().Remove("node");
        claims.Remove("jti");
        var workload = await AttestationBench.Of("kubernetes", _issuer).ProvenAsync(_issuer.Sign(claims));
        Assert.DoesNotContain("node", workload.Attributes.Keys);
        Assert.StartsWith("prod-eu:sha256.", workload.EvidenceId, StringComparison.Ordinal);
    }
}
