using CredentialBroker.Issuer;
using CredentialBroker.Protocol;
using CredentialBroker.TestInfra;

namespace CredentialBroker.Backends.Gcp;

public sealed class GcpGrantTests
{
    private static readonly GcpTarget Target = new()
    {
        Provider = GcpStandInState.Provider, ServiceAccounts = [GcpRig.Account], Groups = [GcpRig.Group], Scopes = [StandInStorage.ReadOnly], Buckets = ["orders-*"], Roles = [StandInStorage.Viewer],
        Probes = [new Uri("https://storage.googleapis.com/storage/v1/b/orders-eu")],
    };

    private static readonly Dictionary<string, GcpTarget> Targets = new() { ["prod"] = Target, ["machine"] = Target with { Login = new GcpLogin { Method = GcpLogin.Default } } };

    private const string Head = "target: prod\nmode: impersonated\nserviceAccount: orders@shop.iam.gserviceaccount.com\noauthScopes: [\"https://www.googleapis.com/auth/devstorage.read_only\"]\n";

    [Fact]
    public void R28_An_intent_gets_one_boundary_with_its_parameters_in_their_place()
    {
        var grant = Compile(Head + """
            scopes:
              own: { bucket: "orders-{workload.namespace}", roles: [roles/storage.objectViewer], prefix: "in/" }
              tenant: { bucket: orders-eu, roles: [roles/storage.objectViewer], prefix: "tenants/{tenant}/", parameters: { tenant: { type: slug } } }
            """);
        var facts = new Dictionary<string, string> { ["workload.namespace"] = "eu" };
        Assert.Equal("//storage.googleapis.com/projects/_/buckets/orders-eu", Assert.Single(To(grant.Narrow(Asks("own"), null, facts)).Privileges).Resource);
        Assert.Contains("prefix:tenants/acme/", To(grant.Narrow(Asks("tenant", "acme"), null, facts)).Privileges[0].Actions);
        Assert.Equal(ReasonCodes.IntentRefused, Refused(grant.Narrow(null, null, facts)));
        Assert.Equal(ReasonCodes.ParameterRefused, Refused(grant.Narrow(Asks("tenant", "acme/../x"), null, facts)));
        foreach (var value in new[] { "EU", "a/b", "..", "a:b", "a b", "" })
            Assert.Equal(ReasonCodes.ParameterRefused, Refused(grant.Narrow(Asks("own"), null, new Dictionary<string, string> { ["workload.namespace"] = value })));
    }

    [Fact]
    public void A_bucket_that_only_a_value_brings_outside_the_targets_is_refused()
    {
        var grant = Compile(Head + "boundary: { bucket: \"{workload.bucket}\", roles: [roles/storage.objectViewer] }");
        Assert.Equal(ReasonCodes.ParameterRefused, Refused(grant.Narrow(null, null, new Dictionary<string, string> { ["workload.bucket"] = "payroll" })));
        To(grant.Narrow(null, null, new Dictionary<string, string> { ["workload.bucket"] = "orders-us" }));
    }

    [Theory]
    [InlineData("mode: federated", "backend.gcp.target", "missing")]
    [InlineData("target: prod\nmode: keys", "backend.gcp.mode", "must be one of")]
    [InlineData("target: machine\nmode: federated\ngroup: orders-readers\noauthScopes: [\"https://www.googleapis.com/auth/devstorage.read_only\"]", "backend.gcp.mode", "federation")]
    [InlineData("target: prod\nmode: federated\ngroup: other", "backend.gcp.group", "none that the target")]
    [InlineData("target: prod\nmode: federated\ngroup: orders-readers\nserviceAccount: x", "backend.gcp.serviceAccount", "belongs to mode impersonated")]
    [InlineData("target: prod\nmode: impersonated", "backend.gcp.serviceAccount", "missing")]
    [InlineData("target: prod\nmode: impersonated\nserviceAccount: root@shop.iam.gserviceaccount.com", "backend.gcp.serviceAccount", "none that the target")]
    [InlineData("target: prod\nmode: federated\ngroup: orders-readers", "backend.gcp.oauthScopes", "missing")]
    [InlineData("target: prod\nmode: federated\ngroup: orders-readers\noauthScopes: [\"https://www.googleapis.com/auth/cloud-platform\"]", "backend.gcp.oauthScopes[0]", "none that the target")]
    [InlineData(Head + "delegates: [x]", "backend.gcp.delegates", "not known")]
    [InlineData(Head + "probe: https://evil.example/", "backend.gcp.probe", "target allows")]
    [InlineData(Head + "boundary: { bucket: payroll, roles: [roles/storage.objectViewer] }", "backend.gcp.boundary.bucket", "none that the target")]
    [InlineData(Head + "boundary: { bucket: orders-eu, roles: [roles/storage.admin] }", "backend.gcp.boundary.roles[0]", "none that the target")]
    [InlineData(Head + "boundary: { bucket: orders-eu, roles: [roles/storage.objectViewer], prefix: \"a'||true\" }", "backend.gcp.boundary.prefix", "must be how")]
    [InlineData(Head + "boundary: { bucket: \"orders-{x}\", roles: [roles/storage.objectViewer] }", "backend.gcp.boundary.bucket", "no fact")]
    [InlineData(Head + "scopes: {}", "backend.gcp.scopes", "at least one")]
    public void A_mistake_is_told_at_its_place(string section, string path, string message)
    {
        var mistakes = new Mistakes("t.yaml");
        Assert.Null(GcpSection.Compile(Yaml.Parse(section), Targets, mistakes));
        Assert.Contains(mistakes.All, mistake => mistake.Path == path && mistake.Message.Contains(message, StringComparison.Ordinal) && mistake.Line > 0);
    }

    [Fact]
    public void A_target_is_held_to_its_rules_with_every_mistake()
    {
        Assert.Empty(Target.Validate("T", ReservedAudiences.BuiltIn));
        var wrong = new GcpTarget
        {
            Provider = "projects/x", StsEndpoint = new Uri("http://sts.example"), IamCredentialsEndpoint = new Uri("https://iam.example/v1"), ServiceAccounts = ["a@b"], Groups = ["A", "credential-broker"], Scopes = ["openid"],
            Buckets = ["*", "Orders"], Roles = ["owner"], Probes = [new Uri("http://example.org/")], TokenLife = TimeSpan.FromDays(1), RequestTimeout = TimeSpan.Zero, MaxMinting = 0,
            Login = new GcpLogin { Method = GcpLogin.KeyFile, ServiceAccountKeyFile = "/nowhere" },
        };
        Assert.Equal(
            [
                "StsEndpoint", "IamCredentialsEndpoint", "Provider", "ServiceAccounts:0", "Groups:0", "Scopes:0", "Buckets:0", "Buckets:1", "Roles:0", "Groups", "Probes:0", "TokenLife", "RequestTimeout", "MaxMinting",
                "Login:AllowStaticKey", "Login:ServiceAccountKeyFile",
            ],
            wrong.Validate("T", ReservedAudiences.BuiltIn).Select(mistake => mistake["T:".Length..mistake.IndexOf(": ", StringComparison.Ordinal)]));
    }

    [Fact]
    public void A_rule_stays_within_what_Google_takes()
    {
        var longest = new AccessBoundary(new string('b', 63), [.. Enumerable.Repeat(StandInStorage.Viewer, 10)], new string('p', 256));
        Assert.InRange(longest.Options().ToJsonString().Length, 1, 2048);
    }

    [Fact]
    public void The_example_compiles_at_a_target_that_allows_it()
    {
        var template = Yaml.Parse(File.ReadAllText(RepositoryFiles.PathOf("deploy/examples/templates/gcp-invoices.yaml")));
        var mistakes = new Mistakes("gcp-invoices.yaml");
        GcpSection.Compile((YamlDotNet.RepresentationModel.YamlMappingNode)template["backend"]["gcp"], Targets, mistakes);
        Assert.Empty(mistakes.All);
    }

    private static GcpGrant Compile(string section)
    {
        var mistakes = new Mistakes("t.yaml");
        var grant = GcpSection.Compile(Yaml.Parse(section), Targets, mistakes);
        Assert.True(grant is not null, string.Join('\n', mistakes.All));
        return grant;
    }

    private static Intent Asks(string scope, string? tenant = null) => new() { Scopes = [scope], Parameters = tenant is null ? null : new Dictionary<string, string> { ["tenant"] = tenant } };

    private static Grant To(Narrowed narrowed) => Assert.IsType<Narrowed.To>(narrowed).Grant;

    private static string Refused(Narrowed narrowed) => Assert.IsType<Narrowed.Refused>(narrowed).Code;
}
