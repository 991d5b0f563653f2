using CredentialBroker.Backends;
using CredentialBroker.Templates;
using CredentialBroker.TestInfra;
using static CredentialBroker.Tests.Templates.TemplateText;

namespace CredentialBroker.Tests.Templates;

public sealed class TemplateCompilerTests
{
    [Fact]
    public void Every_member_arrives()
    {
        var text = Good.Replace("intent: optional", "intent: required", StringComparison.Ordinal)
            .Replace("{ oneTime: false, minStrength: 2, maxDelegation: 1 }", "{ oneTime: true, minStrength: 5, maxDelegation: 8 }", StringComparison.Ordinal);
        var template = Compile(text);
        Assert.Equal(("orders-read", "prod", "standard"), (template.Name, template.Environment, template.Tier));
        Assert.Equal(("team-platform", "team-security", "team-sre"), (template.Owners.Runtime, template.Owners.Policy, template.Owners.Operator));
        Assert.Equal("k8s://prod-eu/shop/checkout", Assert.Single(template.Workloads).Text);
        Assert.Equal("prod-eu", Assert.Single(template.ApprovalSources));
        Assert.Equal((900_000L, 14_400_000L, 0L, 3), (template.Ttl, template.MaxTtl, template.MaxResidual, template.ConcurrentLeases));
        Assert.Equal((true, true, 5, 8), (template.IntentRequired, template.OneTimeEvidence, template.MinStrength, template.MaxDelegation));
        Assert.Equal(("postgres", "orders", "orders-status-only"), (template.BackendName, template.Target, template.Quarantine));
        Assert.Equal(text, template.Source);
        Assert.Equal("accepted", Compile(text.Replace("env: refused", "env: accepted", StringComparison.Ordinal)).Delivery?.Env);
    }

    [Fact]
    public void What_is_absent_has_the_documented_default()
    {
        var template = Compile(
            """
            apiVersion: credentialbroker/v1
            kind: IssuanceTemplate
            metadata: { name: a, environment: prod }
            owners: { runtime: a, policy: b, operator: c }
            match: { workloads: ["k8s://c/n/s"], approvals: { sources: [gate] } }
            tier: low
            ttl: 5m
            backend: { postgres: { target: orders } }
            """);
        Assert.Equal((300_000L, 300_000L, 0L, 1), (template.Ttl, template.MaxTtl, template.MaxResidual, template.ConcurrentLeases));
        Assert.Equal((false, false, 2, 1), (template.IntentRequired, template.OneTimeEvidence, template.MinStrength, template.MaxDelegation));
        Assert.Null(template.Quarantine);
        Assert.Null(template.Delivery);
    }

    [Fact]
    public void Json_is_yaml_too() => Assert.Equal("a", Compile(
        """
        {"apiVersion":"credentialbroker/v1","kind":"IssuanceTemplate","metadata":{"name":"a","environment":"prod"},
         "owners":{"runtime":"a","policy":"b","operator":"c"},"match":{"workloads":["k8s://c/n/s"],"approvals":{"sources":["gate"]}},
         "tier":"low","ttl":"5m","concurrentLeases":2,"evidence":{"oneTime":true},"backend":{"postgres":{"target":"orders"}}}
        """).Name);

    [Fact]
    public void The_revision_is_the_texts_own_and_changes_with_every_byte()
    {
        Assert.Matches("^[0-9a-f]{64}$", Compile(Good).Revision);
        Assert.Equal(Compile(Good).Revision, Compile(Good).Revision);
        Assert.NotEqual(Compile(Good).Revision, Compile(Good + "\n").Revision);
    }

    [Theory]
    [InlineData("apiVersion: credentialbroker/v1", "apiVersion: credentialbroker/v2", "apiVersion", "credentialbroker/v1")]
    [InlineData("kind: IssuanceTemplate", "kind: Template", "kind", "IssuanceTemplate")]
    [InlineData("env: refused", "env: yes", "delivery.env", "accepted")]
    [InlineData("env: refused", "file: accepted", "delivery.file", "known here are env")]
    [InlineData("name: orders-read", "name: Orders", "metadata.name", "lower-case")]
    [InlineData("name: orders-read", "name: -a", "metadata.name", "lower-case")]
    [InlineData("name: orders-read", "name: 'a\\nb'", "metadata.name", "lower-case")]
    [InlineData("name: orders-read", "name: \"a\\n\"", "metadata.name", "lower-case")]
    [InlineData("name: orders-read", "name: 17", "metadata.name", "quoted")]
    [InlineData("name: orders-read", "name: no", "metadata.name", "quoted")]
    [InlineData("name: orders-read", "name: ~", "metadata.name", "quoted")]
    [InlineData("name: orders-read", "name: [a]", "metadata.name", "text is expected")]
    [InlineData("environment: prod", "environment: ''", "metadata.environment", "does not fit")]
    [InlineData("runtime: team-platform", "runtime: the team", "owners.runtime", "without spaces")]
    [InlineData("sources: [prod-eu]", "sources: []", "match.approvals.sources", "list of 1")]
    [InlineData("sources: [prod-eu]", "sources: prod-eu", "match.approvals.sources", "list of 1")]
    [InlineData("sources: [prod-eu]", "sources: [a, b, a]", "match.approvals.sources[2]", "listed twice")]
    [InlineData("tier: standard", "tier: standart", "tier", "did you mean standard?")]
    [InlineData("tier: standard", "tier: privileged", "tier", "low or standard or critical")]
    [InlineData("ttl: 15m", "ttl: 900", "ttl", "a duration")]
    [InlineData("ttl: 15m", "ttl: -5m", "ttl", "a duration")]
    [InlineData("ttl: 15m", "ttl: 0s", "ttl", "from 1s to 15m")]
    [InlineData("ttl: 15m", "ttl: 16m", "ttl", "R22")]
    [InlineData("maxTtl: 4h", "maxTtl: 14m", "maxTtl", "at least ttl")]
    [InlineData("maxTtl: 4h", "maxTtl: 25h", "maxTtl", "R22")]
    [InlineData("maxResidual: 0s", "maxResidual: 2d", "maxResidual", "outlives")]
    [InlineData("concurrentLeases: 3", "concurrentLeases: 0", "concurrentLeases", "from 1 to 1000")]
    [InlineData("concurrentLeases: 3", "concurrentLeases: 1001", "concurrentLeases", "from 1 to 1000")]
    [InlineData("concurrentLeases: 3", "concurrentLeases: '3'", "concurrentLeases", "not quoted")]
    [InlineData("concurrentLeases: 3", "concurrentLeases: 0x3", "concurrentLeases", "whole number")]
    [InlineData("concurrentLeases: 3", "concurrentLeases: 99999999999", "concurrentLeases", "whole number")]
    [InlineData("intent: optional", "intent: yes", "intent", "required or optional")]
    [InlineData("oneTime: false", "oneTime: no", "evidence.oneTime", "true or false")]
    [InlineData("oneTime: false", "oneTime: 'false'", "evidence.oneTime", "true or false")]
    [InlineData("minStrength: 2", "minStrength: 6", "evidence.minStrength", "from 0 to 5")]
    [InlineData("maxDelegation: 1", "maxDelegation: 9", "evidence.maxDelegation", "from 0 to 8")]
    [InlineData("maxDelegation: 1", "maxDelegatoin: 1", "evidence.maxDelegatoin", "did you mean maxDelegation?")]
    [InlineData("maxTtl: 4h", "maxTTL: 4h", "maxTTL", "did you mean maxTtl?")]
    [InlineData("maxTtl: 4h", "audience: x", "audience", "known here are apiVersion")]
    [InlineData("  postgres: { target: orders }", "  postgrs: { target: orders }", "backend.postgrs", "did you mean postgres?")]
    [InlineData("  postgres: { target: orders }", "  postgres: { role: x }", "backend.postgres.target", "required")]
    [InlineData("  postgres: { target: orders }", "  postgres: orders", "backend.postgres", "members are expected")]
    [InlineData("  postgres: { target: orders }", "  {}", "backend", "exactly one")]
    [InlineData("  postgres: { target: orders }", "  { postgres: { target: a }, signed-token: { target: b } }", "backend", "exactly one")]
    [InlineData("template: orders-status-only", "template: orders-read", "quarantine.template", "its own quarantine")]
    [InlineData("template: orders-status-only", "name: x", "quarantine.name", "known here are template")]
    public void A_mistake_names_its_place_and_its_cure(string old, string with, string path, string says)
    {
        var mistakes = MistakesOf(Replacing(old, with));
        Assert.Contains(mistakes, mistake => mistake.Path == path && mistake.Message.Contains(says, StringComparison.Ordinal));
        Assert.All(mistakes, mistake => Assert.True(mistake is { File: "t.yaml", Line: > 0 }, mistake.ToString()));
    }

    [Theory]
    [InlineData("runtime")]
    [InlineData("policy")]
    [InlineData("operator")]
    public void R39_Every_party_is_named(string party) =>
        Assert.Contains(
            MistakesOf(Replacing($"{party}: team-", $"who-{party}: team-")),
            mistake => mistake.Path == $"owners.{party}" && mistake.Message.StartsWith("required", StringComparison.Ordinal));

    [Fact]
    public void R39_Owners_are_required() => TemplateText.Refused(
        Replacing("owners: { runtime: team-platform, policy: team-security, operator: team-sre }\n", ""), "owners", "required");

    [Fact]
    public void All_mistakes_are_reported_at_once_each_with_its_line()
    {
        var mistakes = MistakesOf(
            """
            apiVersion: credentialbroker/v1
            kind: IssuanceTemplate
            metadata: { name: A, environment: prod }
            owners: { runtime: a, policy: b }
            match:
              workloads:
                - k8s://c/n/s
                - k8s://c/n/*
              approvals: { sources: [gate] }
            tier: high
            ttl: 2h
            nonsense: 1
            backend: { postgres: {} }
            """);
        Assert.Equal(
            ["3 metadata.name", "4 owners.operator", "8 match.workloads[1]", "10 tier", "11 ttl", "12 nonsense", "13 backend.postgres.target"],
            mistakes.OrderBy(mistake => mistake.Line).Select(mistake => $"{mistake.Line} {mistake.Path}"));
    }

    [Fact]
    public void R22_The_operator_sets_the_ceilings()
    {
        var strict = new TemplateCompiler([new FakeBackend("postgres")], new TemplateLimits { Ttl = TimeSpan.FromMinutes(5), MaxTtl = TimeSpan.FromHours(1) }, TimeProvider.System);
        var mistakes = new Mistakes("t.yaml");
        Assert.Null(strict.Compile(Good, mistakes));
        Assert.Equal(["ttl", "maxTtl"], mistakes.All.Select(mistake => mistake.Path));
    }

    [Fact]
    public void Two_backends_of_one_name_are_refused() => Assert.Throws<ArgumentException>(
        () => new TemplateCompiler([new FakeBackend("a"), new FakeBackend("a")], new TemplateLimits(), TimeProvider.System));

    [Fact]
    public void A_catalogue_finds_by_exact_name_and_holds_each_name_once()
    {
        var template = Compile(Good);
        var catalogue = new TemplateCatalog([template]);
        Assert.Same(template, catalogue.Find("orders-read"));
        Assert.Null(catalogue.Find("Orders-Read"));
        Assert.Throws<ArgumentException>(() => new TemplateCatalog([template, template]));
    }

    [Theory]
    [InlineData("orders-read.yaml", "postgres")]
    [InlineData("build-token.yaml", "signed-token")]
    [InlineData("docker-admin.yaml", "vault")]
    [InlineData("azure-vault-reader.yaml", "azure")]
    [InlineData("azure-batch-secret.yaml", "azure")]
    [InlineData("gcp-invoices.yaml", "gcp")]
    [InlineData("aws-orders.yaml", "aws")]
    [InlineData("aws-deploy.yaml", "aws")]
    [InlineData("release-notes.yaml", "github")]
    [InlineData("deploy-to-cluster.yaml", "kubernetes")]
    [InlineData("licence-key.yaml", "webhook")]
    public void The_examples_compile(string file, string backend)
    {
        var template = Compile(File.ReadAllText(RepositoryFiles.PathOf($"deploy/examples/templates/{file}")));
        Assert.Equal((Path.GetFileNameWithoutExtension(file), backend), (template.Name, template.BackendName));
    }
}
