using CredentialBroker.Issuer;
using CredentialBroker.Protocol;

namespace CredentialBroker.Backends.Vault;

public sealed class VaultGrantTests
{
    private static readonly Dictionary<string, string> Facts = new() { ["workload.namespace"] = "shop", ["workload.uri"] = "k8s://prod/shop/checkout" };

    private static readonly Dictionary<string, VaultTarget> Targets = new()
    {
        ["main"] = new() { Paths = ["database/creds/*", "pki/issue/docker-admin", "kv/data/*"] },
    };

    private const string Scoped = """
        target: main
        engine: database
        scopes:
          read: { path: "database/creds/{workload.namespace}-read" }
          write: { path: "database/creds/{tenant}", parameters: { tenant: { type: slug } } }
        """;

    [Fact]
    public void R28_An_intent_gets_one_scope_with_its_parameters_in_their_place()
    {
        var grant = Compile(Scoped);
        Assert.Equal("path:database/creds/shop-read", Assert.Single(To(grant.Narrow(Asks("read"), null, Facts)).Privileges).Resource);
        Assert.Equal("path:database/creds/acme", To(grant.Narrow(Asks("write", "acme"), null, Facts)).Privileges[0].Resource);
        Assert.Equal(ReasonCodes.IntentRefused, Refused(grant.Narrow(null, null, Facts)));
        Assert.Equal(ReasonCodes.IntentRefused, Refused(grant.Narrow(Asks("read"), Asks("write", "acme"), Facts)));
        Assert.Equal(ReasonCodes.ParameterRefused, Refused(grant.Narrow(Asks("write", "acme/../root"), null, Facts)));
    }

    [Fact]
    public void R46_The_example_for_Docker_compiles_at_a_target_that_allows_its_path()
    {
        var template = Yaml.Parse(File.ReadAllText(TestInfra.RepositoryFiles.PathOf("deploy/examples/templates/docker-admin.yaml")));
        var mistakes = new Mistakes("docker-admin.yaml");
        var grant = VaultSection.Compile((YamlDotNet.RepresentationModel.YamlMappingNode)template["backend"]["vault"], Targets, mistakes);
        Assert.Empty(mistakes.All);
        var to = To(grant!.Narrow(null, null, new Dictionary<string, string> { ["workload.run_id"] = "9001" }));
        Assert.Equal(["common_name=run-9001.docker.example"], Assert.Single(to.Privileges).Actions);
    }

    [Theory]
    [InlineData("a/b")]
    [InlineData("..")]
    [InlineData("a:b")]
    [InlineData("a b")]
    [InlineData("a%2fb")]
    [InlineData("a?x=1")]
    [InlineData("")]
    public void A_value_that_would_be_more_than_a_segment_refuses_the_claim(string value)
    {
        var grant = Compile("{ target: main, engine: database, path: \"database/creds/{workload.namespace}\" }");
        Assert.Equal(ReasonCodes.ParameterRefused, Refused(grant.Narrow(null, null, new Dictionary<string, string> { ["workload.namespace"] = value })));
        Assert.Equal(ReasonCodes.ParameterRefused, Refused(grant.Narrow(null, null, new Dictionary<string, string>())));
    }

    [Fact]
    public void A_path_that_only_a_value_brings_outside_the_targets_is_refused()
    {
        var grant = Compile("{ target: main, engine: pki, path: \"pki/issue/{workload.role}\" }");
        Assert.Equal(ReasonCodes.ParameterRefused, Refused(grant.Narrow(null, null, new Dictionary<string, string> { ["workload.role"] = "anything" })));
        To(grant.Narrow(null, null, new Dictionary<string, string> { ["workload.role"] = "docker-admin" }));
    }

    [Theory]
    [InlineData("engine: database\npath: database/creds/x", "backend.vault.target", "missing")]
    [InlineData("target: other\nengine: database\npath: database/creds/x", "backend.vault.target", "no configured")]
    [InlineData("target: main\nengine: mysql\npath: database/creds/x", "backend.vault.engine", "must be one of")]
    [InlineData("target: main\nengine: database", "backend.vault.path", "missing")]
    [InlineData("target: main\nengine: database\npath: sys/mounts", "backend.vault.path", "path of an engine")]
    [InlineData("target: main\nengine: database\npath: database/creds/../x", "backend.vault.path", "path of an engine")]
    [InlineData("target: main\nengine: database\npath: database/creds//x", "backend.vault.path", "path of an engine")]
    [InlineData("target: main\nengine: database\npath: /database/creds", "backend.vault.path", "path of an engine")]
    [InlineData("target: main\nengine: pki\npath: pki/issue/other", "backend.vault.path", "does not allow|no path that the target")]
    [InlineData("target: main\nengine: pki\npath: pki/issue/docker-admin\nrequest: { ttl: 8760h }", "backend.vault.request.ttl", "broker's to set")]
    [InlineData("target: main\nengine: pki\npath: pki/issue/docker-admin\nrequest: { common_name: \"{cn}\" }", "backend.vault.path", "no fact")]
    [InlineData("target: main\nengine: pki\npath: pki/issue/docker-admin\nrequest: { common_name: [a] }", "backend.vault.request.common_name", "must be a text")]
    [InlineData("target: main\nengine: database\npath: database/creds/x\nrotation: { owner: a, within: 1h }", "backend.vault.rotation", "belongs to engine kv")]
    [InlineData("target: main\nengine: kv\npath: kv/data/x\nrotation: { owner: a, within: 1h }", "backend.vault.engine", "AllowStaticSecrets")]
    [InlineData("target: main\nengine: kv\npath: kv/data/x", "backend.vault.rotation", "must name an owner")]
    [InlineData("target: main\nengine: database\npath: database/creds/x\nfields: [a, a]", "backend.vault.fields[1]", "twice")]
    [InlineData("target: main\nengine: database\npath: database/creds/x\nmethod: DELETE", "backend.vault.method", "not known")]
    [InlineData("target: main\nengine: database\nscopes: {}", "backend.vault.scopes", "at least one")]
    [InlineData("target: main\nengine: database\nscopes: { a: { path: database/creds/x, parameters: { t: { type: slug } } } }", "backend.vault.scopes.a.parameters.t", "no hole")]
    public void A_mistake_is_told_at_its_place(string section, string path, string message)
    {
        var mistakes = new Mistakes("t.yaml");
        Assert.Null(VaultSection.Compile(Yaml.Parse(section), Targets, mistakes));
        Assert.Contains(mistakes.All, mistake => mistake.Path == path && message.Split('|').Any(part => mistake.Message.Contains(part, StringComparison.Ordinal)) && mistake.Line > 0);
    }

    [Fact]
    public void A_target_is_held_to_its_rules_with_every_mistake()
    {
        var wrong = new VaultTarget
        {
            Address = new Uri("http://vault.example:8200/"), Namespace = "/a", TokenRole = "a/b", Policies = ["root"], Paths = ["*/creds/x", "auth/token/create"], RequestTimeout = TimeSpan.FromMinutes(1),
            Login = new VaultLogin { Audience = "orders-api" },
        };
        Assert.Equal(
            ["Address", "Namespace", "TokenRole", "Policies:0", "Paths:0", "Paths:1", "RequestTimeout", "Login:Role", "Login:Audience"],
            wrong.Validate("T", ReservedAudiences.BuiltIn).Select(mistake => mistake["T:".Length..mistake.IndexOf(": ", StringComparison.Ordinal)]));
        var right = new VaultTarget
        {
            Address = new Uri("https://vault.example:8200"), TokenRole = "credbroker", Policies = ["lease"], Paths = ["database/creds/*"], Login = new VaultLogin { Role = "credbroker" },
        };
        Assert.Empty(right.Validate("T", ReservedAudiences.BuiltIn));
        Assert.Contains(right with { Login = new VaultLogin { Method = "token", TokenFile = "/nowhere" } } is var token ? token.Validate("T", ReservedAudiences.BuiltIn) : [], mistake => mistake.StartsWith("T:Login:AllowStaticToken", StringComparison.Ordinal));
    }

    private static VaultGrant Compile(string section)
    {
        var mistakes = new Mistakes("t.yaml");
        var grant = VaultSection.Compile(Yaml.Parse(section), Targets, mistakes);
        Assert.True(grant is not null, string.Join('\n', mistakes.All));
        return grant;
    }

    private static Intent Asks(string scope, string? tenant = null) => new() { Scopes = [scope], Parameters = tenant is null ? null : new Dictionary<string, string> { ["tenant"] = tenant } };

    private static Grant To(Narrowed narrowed) => Assert.IsType<Narrowed.To>(narrowed).Grant;

    private static string Refused(Narrowed narrowed) => Assert.IsType<Narrowed.Refused>(narrowed).Code;
}
