using CredentialBroker.Issuer;
using CredentialBroker.Protocol;

namespace CredentialBroker.Backends.Webhook;

public sealed class WebhookGrantTests
{
    private static readonly Dictionary<string, string> Facts = new() { ["workload.namespace"] = "shop" };

    private static readonly Dictionary<string, WebhookTarget> Targets = new() { ["main"] = new() { Kinds = ["api-key"], Scopes = ["orders:read", "tenant:*"] } };

    private const string Scoped = """
        target: main
        kind: api-key
        parameters: { team: "{workload.namespace}" }
        scopes:
          read: { scope: "orders:read" }
          tenant: { scope: "tenant:{tenant}", parameters: { tenant: { type: slug } } }
        """;

    [Fact]
    public void R28_Scopes_are_narrowed_and_filled_and_parameters_carry_facts()
    {
        var grant = Compile(Scoped);
        var to = To(grant.Narrow(new Intent { Scopes = ["read", "tenant"], Parameters = new Dictionary<string, string> { ["tenant"] = "acme" } }, null, Facts));
        Assert.Equal(["orders:read", "tenant:acme", "team=shop"], Assert.Single(to.Privileges).Actions);
        Assert.Equal(["orders:read", "team=shop"], To(grant.Narrow(new Intent { Scopes = ["read"] }, null, Facts)).Privileges[0].Actions);
        Assert.Equal(ReasonCodes.IntentRefused, Refused(grant.Narrow(new Intent { Scopes = ["read"] }, new Intent { Scopes = ["tenant"] }, Facts)));
        Assert.Equal(ReasonCodes.ParameterRefused, Refused(grant.Narrow(new Intent { Scopes = ["read"] }, null, new Dictionary<string, string>())));
    }

    [Fact]
    public void A_scope_that_only_a_value_brings_outside_the_targets_is_refused()
    {
        var grant = Compile("{ target: main, kind: api-key, scopes: { any: { scope: \"{what}:read\", parameters: { what: { type: enum, values: [orders, bank] } } } } }");
        To(grant.Narrow(new Intent { Parameters = new Dictionary<string, string> { ["what"] = "orders" } }, null, Facts));
        Assert.Equal(ReasonCodes.ParameterRefused, Refused(grant.Narrow(new Intent { Parameters = new Dictionary<string, string> { ["what"] = "bank" } }, null, Facts)));
    }

    [Theory]
    [InlineData("kind: api-key", "target", "missing")]
    [InlineData("target: other\nkind: api-key", "target", "no configured")]
    [InlineData("target: main\nkind: password", "kind", "no kind")]
    [InlineData("target: main\nkind: api-key\nscopes: {}", "scopes", "at least one")]
    [InlineData("target: main\nkind: api-key\nscopes: { a: { scope: \"bank:read\" } }", "scopes.a.scope", "none that the target allows")]
    [InlineData("target: main\nkind: api-key\nscopes: { a: { scope: \"a b\" } }", "scopes.a.scope", "must be one scope")]
    [InlineData("target: main\nkind: api-key\nscopes: { a: { scope: \"tenant:{t}\" } }", "scopes.a.scope", "neither a declared parameter")]
    [InlineData("target: main\nkind: api-key\nparameters: { team: \"{t}\" }", "parameters.team", "no fact")]
    [InlineData("target: main\nkind: api-key\nparameters: { team: [a] }", "parameters.team", "must be a text")]
    [InlineData("target: main\nkind: api-key\nurl: \"https://elsewhere.example\"", "url", "not known")]
    public void A_mistake_is_told_at_its_place(string section, string path, string message)
    {
        var mistakes = new Mistakes("t.yaml");
        Assert.Null(WebhookSection.Compile(Yaml.Parse(section), Targets, mistakes));
        Assert.Contains(mistakes.All, mistake => mistake.Path == $"backend.webhook.{path}" && mistake.Message.Contains(message, StringComparison.Ordinal) && mistake.Line > 0);
    }

    [Fact]
    public void A_target_is_held_to_its_rules_with_every_mistake()
    {
        var wrong = new WebhookTarget
        {
            Address = new Uri("http://licences.example/x"), Audience = "anything", RootCertificateFile = "/nowhere", ClientKeyFile = "/nowhere", Kinds = ["A"], Scopes = ["a*b", "*"], RequestTimeout = TimeSpan.Zero, MaxEnding = 0,
            Use = new WebhookUse { Address = new Uri("http://api.example/"), Member = "", Scheme = "a b" },
        };
        Assert.Equal(
            ["Address", "Audience", "RootCertificateFile", "ClientKeyFile", "Use:Address", "Use:Member", "Use:Scheme", "RequestTimeout", "MaxEnding", "ClientKeyFile", "Kinds:0", "Scopes:0", "Scopes:1"],
            wrong.Validate("T", ReservedAudiences.BuiltIn).Select(mistake => mistake["T:".Length..mistake.IndexOf(": ", StringComparison.Ordinal)]));
        Assert.Empty(new WebhookTarget { Address = new Uri("https://licences.example/x"), Audience = "licences", Kinds = ["api-key"] }.Validate("T", new ReservedAudiences(["licences"])));
    }

    [Fact]
    public void The_example_compiles_at_a_target_that_allows_it()
    {
        var template = Yaml.Parse(File.ReadAllText(TestInfra.RepositoryFiles.PathOf("deploy/examples/templates/licence-key.yaml")));
        var mistakes = new Mistakes("licence-key.yaml");
        var targets = new Dictionary<string, WebhookTarget> { ["licences"] = new() { Kinds = ["api-key"], Scopes = ["orders:*"] } };
        Assert.NotNull(WebhookSection.Compile((YamlDotNet.RepresentationModel.YamlMappingNode)template["backend"]["webhook"], targets, mistakes));
    }

    private static WebhookGrant Compile(string section)
    {
        var mistakes = new Mistakes("t.yaml");
        var grant = WebhookSection.Compile(Yaml.Parse(section), Targets, mistakes);
        Assert.True(grant is not null, string.Join('\n', mistakes.All));
        return grant;
    }

    private static Grant To(Narrowed narrowed) => Assert.IsType<Narrowed.To>(narrowed).Grant;

    private static string Refused(Narrowed narrowed) => Assert.IsType<Narrowed.Refused>(narrowed).Code;
}
