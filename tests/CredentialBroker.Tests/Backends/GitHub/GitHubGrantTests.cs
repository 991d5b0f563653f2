using CredentialBroker.Protocol;

namespace CredentialBroker.Backends.GitHub;

public sealed class GitHubGrantTests
{
    private static readonly Dictionary<string, GitHubTarget> Targets = new()
    {
        ["octo"] = new()
        {
            Repositories = new Dictionary<string, long> { ["shop"] = 101, ["web"] = 102, ["shop-docs"] = 103 }, Permissions = new Dictionary<string, string> { ["contents"] = "write", ["issues"] = "read" },
        },
    };

    private const string Scoped = """
        target: octo
        scopes:
          read: { repositories: [shop, web], permissions: { contents: read } }
          docs: { repositories: ["{name}-docs"], permissions: { contents: write }, parameters: { name: { type: slug } } }
        """;

    [Fact]
    public void R28_An_intent_gets_one_scope_with_its_parameters_in_their_place()
    {
        var grant = Compile(Scoped);
        Assert.Equal(["repository:shop", "repository:web"], To(grant.Narrow(Asks("read"), null, Facts())).Privileges.Select(one => one.Resource));
        var docs = Assert.Single(To(grant.Narrow(Asks("docs", "shop"), null, Facts())).Privileges);
        Assert.Equal(("repository:shop-docs", "contents:write"), (docs.Resource, Assert.Single(docs.Actions)));
        Assert.Equal(ReasonCodes.IntentRefused, Refused(grant.Narrow(null, null, Facts())));
        Assert.Equal(ReasonCodes.ParameterRefused, Refused(grant.Narrow(Asks("docs", "bank"), null, Facts())));
    }

    [Theory]
    [InlineData("shop", true)]
    [InlineData("bank", false)]
    [InlineData("../shop", false)]
    [InlineData("octo/shop", false)]
    [InlineData("", false)]
    public void A_fact_fills_a_repository_that_the_target_lists_or_refuses_the_claim(string name, bool allowed)
    {
        var grant = Compile("{ target: octo, repositories: [\"{workload.repository}\"], permissions: { contents: read } }");
        var narrowed = grant.Narrow(null, null, Facts(name));
        if (allowed) To(narrowed);
        else Assert.Equal(ReasonCodes.ParameterRefused, Refused(narrowed));
    }

    [Theory]
    [InlineData("repositories: [shop]\npermissions: { contents: read }", "target", "missing")]
    [InlineData("target: other\nrepositories: [shop]\npermissions: { contents: read }", "target", "no configured")]
    [InlineData("target: octo\npermissions: { contents: read }", "repositories", "missing")]
    [InlineData("target: octo\nrepositories: [shop]", "permissions", "at least one")]
    [InlineData("target: octo\nrepositories: [shop]\npermissions: {}", "permissions", "at least one")]
    [InlineData("target: octo\nrepositories: [bank]\npermissions: { contents: read }", "repositories[0]", "no repository")]
    [InlineData("target: octo\nrepositories: [shop, shop]\npermissions: { contents: read }", "repositories[1]", "twice")]
    [InlineData("target: octo\nrepositories: [\"{r}\"]\npermissions: { contents: read }", "repositories[0]", "no fact")]
    [InlineData("target: octo\nrepositories: [shop]\npermissions: { contents: admin }", "permissions.contents", "more than the target")]
    [InlineData("target: octo\nrepositories: [shop]\npermissions: { issues: write }", "permissions.issues", "more than the target")]
    [InlineData("target: octo\nrepositories: [shop]\npermissions: { secrets: read }", "permissions.secrets", "more than the target")]
    [InlineData("target: octo\nrepositories: [shop]\npermissions: { contents: all }", "permissions.contents", "read, write or admin")]
    [InlineData("target: octo\nscopes: {}", "scopes", "at least one")]
    [InlineData("target: octo\nrepositories: [shop]\npermissions: { contents: read }\nowner: octo", "owner", "not known")]
    public void A_mistake_is_told_at_its_place(string section, string path, string message)
    {
        var mistakes = new Mistakes("t.yaml");
        Assert.Null(GitHubSection.Compile(Yaml.Parse(section), Targets, mistakes));
        Assert.Contains(mistakes.All, mistake => mistake.Path == $"backend.github.{path}" && mistake.Message.Contains(message, StringComparison.Ordinal) && mistake.Line > 0);
    }

    [Fact]
    public void A_target_is_held_to_its_rules_with_every_mistake()
    {
        var wrong = new GitHubTarget
        {
            Address = new Uri("http://github.example/api/v3"), PrivateKeyFile = "/nowhere", AppId = "a b", Repositories = new Dictionary<string, long> { ["a/b"] = 1 }, Permissions = new Dictionary<string, string> { ["contents"] = "all" }, MaxMinting = 1000,
        };
        Assert.Equal(
            ["Address", "PrivateKeyFile", "MaxMinting", "AppId", "InstallationId", "Repositories:a/b", "Permissions:contents"],
            wrong.Validate("T").Select(mistake => mistake["T:".Length..mistake.IndexOf(": ", StringComparison.Ordinal)]));
    }

    [Fact]
    public void The_example_compiles_at_a_target_that_allows_it()
    {
        var template = Yaml.Parse(File.ReadAllText(TestInfra.RepositoryFiles.PathOf("deploy/examples/templates/release-notes.yaml")));
        var mistakes = new Mistakes("release-notes.yaml");
        Assert.NotNull(GitHubSection.Compile((YamlDotNet.RepresentationModel.YamlMappingNode)template["backend"]["github"], Targets, mistakes));
    }

    private static Dictionary<string, string> Facts(string repository = "shop") => new() { ["workload.repository"] = repository };

    private static GitHubGrant Compile(string section)
    {
        var mistakes = new Mistakes("t.yaml");
        var grant = GitHubSection.Compile(Yaml.Parse(section), Targets, mistakes);
        Assert.True(grant is not null, string.Join('\n', mistakes.All));
        return grant;
    }

    private static Intent Asks(string scope, string? name = null) => new() { Scopes = [scope], Parameters = name is null ? null : new Dictionary<string, string> { ["name"] = name } };

    private static Grant To(Narrowed narrowed) => Assert.IsType<Narrowed.To>(narrowed).Grant;

    private static string Refused(Narrowed narrowed) => Assert.IsType<Narrowed.Refused>(narrowed).Code;
}
