using CredentialBroker.Protocol;

namespace CredentialBroker.Backends.Kubernetes;

public sealed class KubernetesGrantTests
{
    private static readonly Dictionary<string, string> Facts = new() { ["workload.namespace"] = "shop" };

    private static readonly Dictionary<string, KubernetesTarget> Targets = new()
    {
        ["main"] = new() { ServiceAccounts = ["shop/*", "*/reader", "kube-system/dns"], Audiences = ["https://orders.test"] },
    };

    private const string Scoped = """
        target: main
        namespace: "{workload.namespace}"
        scopes:
          read: { serviceAccount: reader }
          tenant: { serviceAccount: "tenant-{tenant}", parameters: { tenant: { type: slug } } }
        """;

    [Fact]
    public void R28_An_intent_gets_one_service_account_with_its_parameters_in_their_place()
    {
        var grant = Compile(Scoped);
        Assert.Equal("serviceaccount:shop/reader", Assert.Single(To(grant.Narrow(Asks("read"), null, Facts)).Privileges).Resource);
        Assert.Equal("serviceaccount:shop/tenant-acme", To(grant.Narrow(Asks("tenant", "acme"), null, Facts)).Privileges[0].Resource);
        Assert.Equal(ReasonCodes.IntentRefused, Refused(grant.Narrow(null, null, Facts)));
        Assert.Equal(ReasonCodes.IntentRefused, Refused(grant.Narrow(Asks("read"), Asks("tenant", "acme"), Facts)));
        Assert.Equal(ReasonCodes.ParameterRefused, Refused(grant.Narrow(Asks("tenant", "a/../b"), null, Facts)));
    }

    [Theory]
    [InlineData("shop/serviceaccounts/root")]
    [InlineData("..")]
    [InlineData("a_b")]
    [InlineData("A")]
    [InlineData("a:b")]
    [InlineData("a%2fb")]
    [InlineData("kube-system")]
    [InlineData("")]
    public void A_value_that_is_no_name_or_of_the_clusters_own_namespaces_refuses_the_claim(string space)
    {
        var grant = Compile("{ target: main, namespace: \"{workload.namespace}\", serviceAccount: reader }");
        Assert.Equal(ReasonCodes.ParameterRefused, Refused(grant.Narrow(null, null, new Dictionary<string, string> { ["workload.namespace"] = space })));
        Assert.Equal(ReasonCodes.ParameterRefused, Refused(grant.Narrow(null, null, new Dictionary<string, string>())));
        To(grant.Narrow(null, null, Facts));
    }

    [Fact]
    public void What_is_for_others_is_not_tried_at_the_API_server()
    {
        Assert.True(Compile("{ target: main, namespace: shop, serviceAccount: a }").CanBeUsed);
        Assert.False(Compile("{ target: main, namespace: shop, serviceAccount: a, probe: none }").CanBeUsed);
        var other = Compile("{ target: main, namespace: shop, serviceAccount: a, audiences: [\"https://orders.test\"] }");
        Assert.False(other.CanBeUsed);
        Assert.Equal(["audience:https://orders.test"], other.Privileges[0].Actions);
    }

    [Theory]
    [InlineData("namespace: shop\nserviceAccount: a", "target", "missing")]
    [InlineData("target: other\nnamespace: shop\nserviceAccount: a", "target", "no configured")]
    [InlineData("target: main\nserviceAccount: a", "namespace", "missing")]
    [InlineData("target: main\nnamespace: shop", "serviceAccount", "missing")]
    [InlineData("target: main\nnamespace: bank\nserviceAccount: teller", "serviceAccount", "none that the target allows")]
    [InlineData("target: main\nnamespace: kube-system\nserviceAccount: reader", "serviceAccount", "none that the target allows")]
    [InlineData("target: main\nnamespace: shop/x\nserviceAccount: a", "serviceAccount", "none that Kubernetes allows")]
    [InlineData("target: main\nnamespace: shop\nserviceAccount: \"{tenant}\"", "serviceAccount", "is no fact")]
    [InlineData("target: main\nnamespace: \"{tenant}\"\nscopes: { a: { serviceAccount: \"{tenant}\", parameters: { tenant: { type: slug } } } }", "scopes.a.serviceAccount", "is no fact")]
    [InlineData("target: main\nnamespace: shop\nserviceAccount: a\nscopes: { b: { serviceAccount: b } }", "serviceAccount", "belongs to the scopes")]
    [InlineData("target: main\nnamespace: shop\nscopes: {}", "scopes", "at least one")]
    [InlineData("target: main\nnamespace: shop\nserviceAccount: a\naudiences: [\"https://other.test\"]", "audiences[0]", "no audience")]
    [InlineData("target: main\nnamespace: shop\nserviceAccount: a\nprobe: /api/v1/namespaces/shop/secrets/x", "probe", "no Secret's")]
    [InlineData("target: main\nnamespace: shop\nserviceAccount: a\nprobe: /api/../x", "probe", "must be self")]
    [InlineData("target: main\nnamespace: shop\nserviceAccount: a\nexpirationSeconds: 600", "expirationSeconds", "not known")]
    public void A_mistake_is_told_at_its_place(string section, string path, string message)
    {
        var mistakes = new Mistakes("t.yaml");
        Assert.Null(KubernetesSection.Compile(Yaml.Parse(section), Targets, mistakes));
        Assert.Contains(mistakes.All, mistake => mistake.Path == $"backend.kubernetes.{path}" && mistake.Message.Contains(message, StringComparison.Ordinal) && mistake.Line > 0);
    }

    [Fact]
    public void A_target_is_held_to_its_rules_with_every_mistake()
    {
        var wrong = new KubernetesTarget
        {
            Address = new Uri("http://cluster.example/"), RootCertificateFile = "/nowhere", ClientKeyFile = "/nowhere", ServiceAccounts = ["shop", "*/*"], Audiences = ["a b"], RequestTimeout = TimeSpan.FromMinutes(1), MaxMinting = 0,
        };
        Assert.Equal(
            ["Address", "RootCertificateFile", "ClientKeyFile", "RequestTimeout", "MaxMinting", "ClientKeyFile", "TokenFile", "ServiceAccounts:0", "Audiences:0"],
            wrong.Validate("T").Select(mistake => mistake["T:".Length..mistake.IndexOf(": ", StringComparison.Ordinal)]));
        var right = new KubernetesTarget { Address = new Uri("https://kubernetes.default.svc"), TokenFile = TestInfra.RepositoryFiles.PathOf("LICENSE"), ServiceAccounts = ["shop/deployer"] };
        Assert.Empty(right.Validate("T"));
    }

    [Fact]
    public void The_example_compiles_at_a_target_that_allows_its_account()
    {
        var template = Yaml.Parse(File.ReadAllText(TestInfra.RepositoryFiles.PathOf("deploy/examples/templates/deploy-to-cluster.yaml")));
        var mistakes = new Mistakes("deploy-to-cluster.yaml");
        var targets = new Dictionary<string, KubernetesTarget> { ["prod-eu"] = new() { ServiceAccounts = ["shop/*"] } };
        var grant = KubernetesSection.Compile((YamlDotNet.RepresentationModel.YamlMappingNode)template["backend"]["kubernetes"], targets, mistakes);
        Assert.Empty(mistakes.All);
        Assert.Equal("serviceaccount:shop/deployer", To(grant!.Narrow(Asks("deploy"), null, Facts)).Privileges[0].Resource);
    }

    private static KubernetesGrant Compile(string section)
    {
        var mistakes = new Mistakes("t.yaml");
        var grant = KubernetesSection.Compile(Yaml.Parse(section), Targets, mistakes);
        Assert.True(grant is not null, string.Join('\n', mistakes.All));
        return grant;
    }

    private static Intent Asks(string scope, string? tenant = null) => new() { Scopes = [scope], Parameters = tenant is null ? null : new Dictionary<string, string> { ["tenant"] = tenant } };

    private static Grant To(Narrowed narrowed) => Assert.IsType<Narrowed.To>(narrowed).Grant;

    private static string Refused(Narrowed narrowed) => Assert.IsType<Narrowed.Refused>(narrowed).Code;
}
