using System.Text.Json;
using System.Text.Json.Nodes;
using CredentialBroker.Templates;
using CredentialBroker.TestInfra;
using static CredentialBroker.Tests.Templates.TemplateText;

namespace CredentialBroker.Tests.Templates;

public sealed class TemplateSchemaTests
{
    private static readonly string[] Backends = ["aws", "azure", "certificate", "gcp", "github", "kubernetes", "postgres", "signed-token", "vault", "webhook"];

    /// <summary>Set CREDBROKER_WRITE_REFERENCE=1 to write the page instead of comparing it.</summary>
    [Fact]
    public void The_published_schema_is_the_compilers()
    {
        var page = RepositoryFiles.PathOf("docs/reference/template.schema.json");
        if (Environment.GetEnvironmentVariable("CREDBROKER_WRITE_REFERENCE") == "1") File.WriteAllText(page, TemplateSchema.Json(Backends));
        Assert.Equal(TemplateSchema.Json(Backends), File.ReadAllText(page));
    }

    [Fact]
    public void The_compiler_knows_exactly_the_members_of_the_schema()
    {
        var members = Members("", JsonNode.Parse(TemplateSchema.Json(Backends))!).ToList();
        Assert.Contains("match.approvals.sources", members);
        foreach (var member in members)
        {
            // A known member with a value of the wrong kind is a mistake of the value, never of the name.
            Assert.DoesNotContain(MistakesOf(Holding(member)), mistake => mistake.Path == member && mistake.Message.StartsWith("unknown", StringComparison.Ordinal));
            Assert.Contains(MistakesOf(Holding(member + "x")), mistake => mistake.Path == member + "x" && mistake.Message.StartsWith("unknown", StringComparison.Ordinal));
        }
    }

    [Fact]
    public void What_the_schema_requires_the_compiler_misses()
    {
        var schema = JsonNode.Parse(TemplateSchema.Json(Backends))!;
        Assert.Equal(
            schema["required"]!.AsArray().Select(name => (string)name!).Order(),
            MistakesOf("{}").Select(mistake => mistake.Path).Order());
        Assert.Equal(
            ["match.approvals", "match.workloads"],
            MistakesOf("match: {}").Select(mistake => mistake.Path).Where(path => path.StartsWith("match", StringComparison.Ordinal)).Order());
    }

    private static string Holding(string member) => JsonSerializer.Serialize(member.Split('.').Reverse()
        .Aggregate((JsonNode)new JsonArray(), (inner, name) => new JsonObject { [name] = inner }));

    private static IEnumerable<string> Members(string path, JsonNode schema)
    {
        foreach (var (name, member) in schema["properties"]?.AsObject() ?? [])
        {
            var here = path.Length == 0 ? name : $"{path}.{name}";
            yield return here;
            foreach (var below in Members(here, member!)) yield return below;
        }
    }
}
