using CredentialBroker.Templates;
using static CredentialBroker.Tests.Templates.TemplateText;

namespace CredentialBroker.Tests.Templates;

public sealed class WorkloadRulesTests
{
    private const string Digest = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    [Theory]
    [InlineData("k8s://prod-eu/shop/checkout")]
    [InlineData("k8s://prod-eu/shop/checkout.v2")]
    [InlineData("spiffe://prod.example/shop/checkout")]
    [InlineData("spiffe://prod.example/checkout")]
    [InlineData("spiffe://prod.example/shop/checkout/*")]
    [InlineData("spiffe://prod.example/ns/shop/sa/checkout")]
    [InlineData("spiffe://prod.example/ns/shop/sa/checkout/*")]
    [InlineData("github://12/34")]
    [InlineData("github://12/34/release")]
    [InlineData("github://12/34/my%20release")]
    [InlineData("github://12/34/*")]
    [InlineData("gitlab://gitlab-main/56")]
    [InlineData("oidc://ci/repo:org%2Fname:ref")]
    [InlineData($"docker://build-7.example/{Digest}")]
    [InlineData("aws://123456789012/role/checkout")]
    [InlineData("azure://11111111-2222-3333-4444-555555555555/aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee")]
    [InlineData("gcp://shop-prod/104851234567890123456")]
    public void A_pattern_that_names_a_workload_is_accepted(string pattern) => Assert.Null(WorkloadRules.Refuse(pattern));

    [Theory]
    [InlineData("k8s://prod-eu/shop/*", "R31")]
    [InlineData("k8s://prod-eu/*/checkout", "R31")]
    [InlineData("k8s://prod-eu/*", "R26")]
    [InlineData("k8s://*/shop/checkout", "R31")]
    [InlineData("k8s://*", "R31")]
    [InlineData("k8s://prod-eu/shop/check*", "R31")]
    [InlineData("spiffe://prod.example/*", "R31")]
    [InlineData("spiffe://prod.example/shop/*", "R31")]
    [InlineData("spiffe://prod.example/ns/shop/*", "R26")]
    [InlineData("spiffe://prod.example/ns/shop/sa/*", "R31")]
    [InlineData("spiffe://*/shop/checkout", "R31")]
    [InlineData("github://12/*", "R31")]
    [InlineData("github://*/34", "R31")]
    [InlineData("github://12/*/release", "R31")]
    [InlineData("gitlab://gitlab-main/*", "R31")]
    [InlineData("oidc://ci/*", "R31")]
    [InlineData("docker://build-7/*", "R31")]
    [InlineData("aws://123456789012/role/*", "R31")]
    [InlineData("aws://123456789012/*", "R31")]
    [InlineData("aws://*/role/checkout", "R31")]
    [InlineData("aws://123456789012/role/check*", "R31")]
    [InlineData("azure://11111111-2222-3333-4444-555555555555/*", "R31")]
    [InlineData("azure://*/aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee", "R31")]
    [InlineData("gcp://shop-prod/*", "R31")]
    [InlineData("gcp://*/104851234567890123456", "R31")]
    [InlineData("gcp://*", "R31")]
    public void R31_Wildcards_over_many_workloads_are_refused(string pattern, string rule) => Refused(pattern, rule);

    [Theory]
    [InlineData("k8s://prod-eu/shop")]
    [InlineData("k8s://prod-eu")]
    [InlineData("spiffe://prod.example")]
    [InlineData("spiffe://10.0.0.1/shop")]
    [InlineData("oidc://ci")]
    [InlineData("docker://10.0.0.1/" + Digest)]
    [InlineData("docker://10.0.0.1")]
    [InlineData("aws://123456789012")]
    [InlineData("azure://11111111-2222-3333-4444-555555555555")]
    [InlineData("gcp://shop-prod")]
    public void R26_A_namespace_or_network_location_is_no_workload(string pattern) => Refused(pattern, "R26");

    [Theory]
    [InlineData("")]
    [InlineData("*")]
    [InlineData("10.0.0.0/8")]
    [InlineData("ip://10.0.0.1")]
    [InlineData("K8S://prod-eu/shop/checkout")]
    [InlineData("k8s://prod-eu/shop/checkout/")]
    [InlineData("k8s://prod-eu//checkout")]
    [InlineData("k8s://prod-eu/shop/checkout/more")]
    [InlineData("k8s://prod-eu/Shop/checkout")]
    [InlineData("spiffe://prod.example/shop/../checkout")]
    [InlineData("spiffe://Prod.example/shop")]
    [InlineData("spiffe://prod.example/shop/check out")]
    [InlineData("github://org/repo")]
    [InlineData("github://12/34/a/b")]
    [InlineData("github://12/34/a/*")]
    [InlineData("github://12")]
    [InlineData("gitlab://gitlab-main/group")]
    [InlineData("oidc://ci/a/b")]
    [InlineData("oidc://ci/a%2fb")]
    [InlineData("docker://build-7/latest")]
    [InlineData("aws://12345678901/role/checkout")]
    [InlineData("aws://123456789012/user/alice")]
    [InlineData("aws://123456789012/role/batch/checkout")]
    [InlineData("aws://123456789012/checkout")]
    [InlineData("azure://common/aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee")]
    [InlineData("azure://11111111-2222-3333-4444-555555555555/checkout")]
    [InlineData("azure://11111111-2222-3333-4444-555555555555/AAAAAAAA-bbbb-cccc-dddd-eeeeeeeeeeee")]
    [InlineData("gcp://shop-prod/checkout@shop-prod.iam.gserviceaccount.com")]
    [InlineData("gcp://Shop/104851234567890123456")]
    public void Anything_else_is_refused(string pattern) => Refused(pattern, "expected");

    [Fact]
    public void A_refused_pattern_is_a_mistake_of_the_template() => TemplateText.Refused(
        Replacing("k8s://prod-eu/shop/checkout", "k8s://prod-eu/shop/*"), "match.workloads[0]", "R31");

    private static void Refused(string pattern, string says) => Assert.Contains(says, Assert.IsType<string>(WorkloadRules.Refuse(pattern)), StringComparison.Ordinal);
}
