using CredentialBroker.Issuer;
using CredentialBroker.Protocol;
using CredentialBroker.Storage;
using CredentialBroker.Templates;
using CredentialBroker.TestInfra;

namespace CredentialBroker.Backends.Azure;

public sealed class AzureGrantTests
{
    private const string Subscription = "bbbbbbbb-0000-4000-8000-000000000002";
    private const string Shop = $"/subscriptions/{Subscription}/resourceGroups/shop";
    private const string Reader = "4633458b-17de-408a-b874-0445c86b69e6";

    private static readonly AzureTarget Target = new()
    {
        TenantId = "aaaaaaaa-0000-4000-8000-000000000001", Own = new AzureIdentity { ClientId = "cccccccc-0000-4000-8000-000000000003" },
        Identities = new Dictionary<string, AzureIdentity>
        {
            ["orders"] = new() { ClientId = "dddddddd-0000-4000-8000-000000000004", PrincipalId = "dddddddd-0000-4000-8000-00000000000d", AllowSecrets = true },
            ["plain"] = new() { ClientId = "dddddddd-0000-4000-8000-000000000005" },
        },
        Audiences = ["https://vault.azure.net/.default"], Roles = [Reader], RoleScopes = [Shop], Probes = [new Uri("https://orders.vault.azure.net/secrets")],
    };

    private static readonly Dictionary<string, AzureTarget> Targets = new() { ["prod"] = Target };

    private const string Scoped = $$"""
        target: prod
        mode: role-assignment
        identity: orders
        audience: https://vault.azure.net/.default
        scopes:
          own: { role: {{Reader}}, scope: "{{Shop}}/providers/Microsoft.KeyVault/vaults/{workload.namespace}" }
          tenant: { role: {{Reader}}, scope: "{{Shop}}/providers/Microsoft.KeyVault/vaults/{tenant}", parameters: { tenant: { type: slug } } }
        """;

    [Fact]
    public void R28_An_intent_gets_one_scope_with_its_parameters_in_their_place()
    {
        var grant = Compile(Scoped);
        var facts = new Dictionary<string, string> { ["workload.namespace"] = "shop" };
        Assert.Equal($"scope:{Shop}/providers/Microsoft.KeyVault/vaults/shop", Assert.Single(To(grant.Narrow(Asks("own"), null, facts)).Privileges).Resource);
        Assert.EndsWith("/vaults/acme", To(grant.Narrow(Asks("tenant", "acme"), null, facts)).Privileges[0].Resource, StringComparison.Ordinal);
        Assert.Equal(ReasonCodes.IntentRefused, Refused(grant.Narrow(null, null, facts)));
        Assert.Equal(ReasonCodes.IntentRefused, Refused(grant.Narrow(Asks("own"), Asks("tenant", "acme"), facts)));
        Assert.Equal(ReasonCodes.ParameterRefused, Refused(grant.Narrow(Asks("tenant", "acme/../other"), null, facts)));
        foreach (var value in new[] { "a/b", "..", ".", "a:b", "a b", "a%2fb", "" })
            Assert.Equal(ReasonCodes.ParameterRefused, Refused(grant.Narrow(Asks("own"), null, new Dictionary<string, string> { ["workload.namespace"] = value })));
    }

    [Fact]
    public void A_scope_that_only_a_value_brings_outside_the_targets_is_refused()
    {
        var grant = Compile($"{{ target: prod, mode: role-assignment, identity: orders, audience: \"https://vault.azure.net/.default\", role: {Reader}, scope: \"/subscriptions/{Subscription}/resourceGroups/{{workload.group}}\" }}");
        Assert.Equal(ReasonCodes.ParameterRefused, Refused(grant.Narrow(null, null, new Dictionary<string, string> { ["workload.group"] = "bank" })));
        Assert.Equal(ReasonCodes.ParameterRefused, Refused(grant.Narrow(null, null, new Dictionary<string, string> { ["workload.group"] = "shopx" })));
        To(grant.Narrow(null, null, new Dictionary<string, string> { ["workload.group"] = "shop" }));
    }

    [Theory]
    [InlineData("mode: access-token\nidentity: orders", "backend.azure.target", "missing")]
    [InlineData("target: other\nmode: access-token\nidentity: orders\naudience: x", "backend.azure.target", "no configured")]
    [InlineData("target: prod\nidentity: orders", "backend.azure.mode", "missing")]
    [InlineData("target: prod\nmode: password\nidentity: orders", "backend.azure.mode", "must be one of")]
    [InlineData("target: prod\nmode: access-token\nidentity: nobody\naudience: https://vault.azure.net/.default", "backend.azure.identity", "none that the target")]
    [InlineData("target: prod\nmode: access-token\nidentity: orders", "backend.azure.audience", "missing")]
    [InlineData("target: prod\nmode: access-token\nidentity: orders\naudience: https://graph.microsoft.com/.default", "backend.azure.audience", "none that the target")]
    [InlineData("target: prod\nmode: access-token\nidentity: orders\naudience: https://vault.azure.net/.default\nrole: x", "backend.azure.role", "belongs to mode")]
    [InlineData("target: prod\nmode: access-token\nidentity: orders\naudience: https://vault.azure.net/.default\nprobe: https://evil.example/", "backend.azure.probe", "target allows")]
    [InlineData("target: prod\nmode: access-token\nidentity: orders\naudience: https://vault.azure.net/.default\nprobe: https://orders.vault.azure.net/secretsx", "backend.azure.probe", "target allows")]
    [InlineData("target: prod\nmode: access-token\nidentity: orders\naudience: https://vault.azure.net/.default\ntenant: x", "backend.azure.tenant", "not known")]
    [InlineData("target: prod\nmode: service-principal-secret\nidentity: plain", "backend.azure.identity", "AllowSecrets")]
    [InlineData("target: prod\nmode: service-principal-secret\nidentity: orders\naudience: https://vault.azure.net/.default", "backend.azure.audience", "workload chooses")]
    [InlineData("target: prod\nmode: role-assignment\nidentity: plain\naudience: https://vault.azure.net/.default", "backend.azure.identity", "PrincipalId")]
    [InlineData("target: prod\nmode: role-assignment\nidentity: orders\naudience: https://vault.azure.net/.default", "backend.azure.role", "missing")]
    [InlineData("target: prod\nmode: role-assignment\nidentity: orders\naudience: https://vault.azure.net/.default\nrole: 8e3af657-a8ff-443c-a75c-2fe8c4bcb635\nscope: " + Shop, "backend.azure.role", "none that the target")]
    [InlineData("target: prod\nmode: role-assignment\nidentity: orders\naudience: https://vault.azure.net/.default\nrole: " + Reader + "\nscope: /subscriptions/" + Subscription, "backend.azure.scope", "resource group")]
    [InlineData("target: prod\nmode: role-assignment\nidentity: orders\naudience: https://vault.azure.net/.default\nrole: " + Reader + "\nscope: " + Shop + "/../bank", "backend.azure.scope", "resource group")]
    [InlineData("target: prod\nmode: role-assignment\nidentity: orders\naudience: https://vault.azure.net/.default\nrole: " + Reader + "\nscope: " + Shop + "2", "backend.azure.scope", "none that the target")]
    [InlineData("target: prod\nmode: role-assignment\nidentity: orders\naudience: https://vault.azure.net/.default\nscopes: {}", "backend.azure.scopes", "at least one")]
    public void A_mistake_is_told_at_its_place(string section, string path, string message)
    {
        var mistakes = new Mistakes("t.yaml");
        Assert.Null(AzureSection.Compile(Yaml.Parse(section), Targets, mistakes));
        Assert.Contains(mistakes.All, mistake => mistake.Path == path && mistake.Message.Contains(message, StringComparison.Ordinal) && mistake.Line > 0);
    }

    [Fact]
    public void A_target_is_held_to_its_rules_with_every_mistake()
    {
        Assert.Empty(Target.Validate("T", ReservedAudiences.BuiltIn));
        var own = Target.Own!.ClientId;
        var wrong = new AzureTarget
        {
            TenantId = "common", AuthorityHost = new Uri("http://127.0.0.1"), GraphEndpoint = new Uri("http://graph.example"), Own = new AzureIdentity { ClientId = own },
            Identities = new Dictionary<string, AzureIdentity> { ["orders"] = new() { ClientId = own, PrincipalId = "x", Subject = "a b" } }, Audiences = ["https://vault.azure.net"],
            Roles = ["8e3af657-a8ff-443c-a75c-2fe8c4bcb635", "owner"], RoleScopes = [$"/subscriptions/{Subscription}"], Probes = [new Uri("http://example.org/")], TokenLife = TimeSpan.FromMinutes(1),
            RequestTimeout = TimeSpan.FromMinutes(1), Login = new AzureLogin { Audience = "orders-api" },
        };
        Assert.Equal(
            [
                "TenantId", "GraphEndpoint", "AuthorityHost", "Identities:orders:PrincipalId", "Identities:orders:Subject", "Identities:orders:ClientId", "Audiences:0", "Roles:0", "Roles:1", "RoleScopes:0", "Probes:0",
                "TokenLife", "RequestTimeout", "Login:Audience",
            ],
            wrong.Validate("T", ReservedAudiences.BuiltIn).Select(mistake => mistake["T:".Length..mistake.IndexOf(": ", StringComparison.Ordinal)]));
        var standing = Target with { Login = new AzureLogin { Method = AzureLogin.ClientSecret } };
        Assert.Contains(standing.Validate("T", ReservedAudiences.BuiltIn), mistake => mistake.StartsWith("T:Login:AllowStaticSecret", StringComparison.Ordinal));
        Assert.Contains((Target with { Own = null }).Validate("T", ReservedAudiences.BuiltIn), mistake => mistake.StartsWith("T:Own:", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("maxResidual: 1h", false)]
    [InlineData("", false)]
    [InlineData("maxResidual: 90m", true)]
    public void R22_A_template_that_does_not_accept_how_long_tokens_live_is_no_template(string residual, bool compiles)
    {
        var backend = new AzureBackend("aaaaaa", new AzureConnections(Targets, new KeyRings("https://broker.example", ReservedAudiences.BuiltIn), TimeProvider.System, TimeProvider.System), new BrokerClock(TimeProvider.System));
        var mistakes = new Mistakes("t.yaml");
        var compiled = new TemplateCompiler([backend], new TemplateLimits(), TimeProvider.System).Compile(
            SceneFolder.Template("orders", "{ azure: { target: prod, mode: access-token, identity: orders, audience: \"https://vault.azure.net/.default\" } }", more: residual), mistakes);
        Assert.Equal(compiles, compiled is not null);
        if (!compiles) Assert.Contains(mistakes.All, mistake => mistake.Path == "maxResidual" && mistake.Message.Contains("1h30m", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("azure-vault-reader.yaml")]
    [InlineData("azure-batch-secret.yaml")]
    public void The_examples_compile_at_a_target_that_allows_them(string file)
    {
        var template = Yaml.Parse(File.ReadAllText(RepositoryFiles.PathOf($"deploy/examples/templates/{file}")));
        var mistakes = new Mistakes(file);
        AzureSection.Compile((YamlDotNet.RepresentationModel.YamlMappingNode)template["backend"]["azure"], Targets, mistakes);
        Assert.Empty(mistakes.All);
    }

    private static AzureGrant Compile(string section)
    {
        var mistakes = new Mistakes("t.yaml");
        var grant = AzureSection.Compile(Yaml.Parse(section), Targets, mistakes);
        Assert.True(grant is not null, string.Join('\n', mistakes.All));
        return grant;
    }

    private static Intent Asks(string scope, string? tenant = null) => new() { Scopes = [scope], Parameters = tenant is null ? null : new Dictionary<string, string> { ["tenant"] = tenant } };

    private static Grant To(Narrowed narrowed) => Assert.IsType<Narrowed.To>(narrowed).Grant;

    private static string Refused(Narrowed narrowed) => Assert.IsType<Narrowed.Refused>(narrowed).Code;
}
