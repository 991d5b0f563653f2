using System.Globalization;
using System.Reflection;
using System.Text;
using CredentialBroker.Node.Configuration;
using CredentialBroker.TestInfra;
using CredentialBroker.Tests.House;

namespace CredentialBroker.Node.Tests.House;

/// <summary>What the node may bring along, how large its files may grow, and that its pages say what its code does.</summary>
public sealed class NodeHouseTests
{
    private static readonly Assembly Program = typeof(Entry).Assembly;
    private static readonly XmlComments Comments = new(Program);

    [Fact]
    public void It_refers_to_the_protocol_the_framework_the_token_library_and_the_command_line() => Assert.DoesNotContain(
        Program.GetReferencedAssemblies().Select(name => name.Name!),
        name => name is not ("CredentialBroker.Protocol" or "System.CommandLine") && !name.StartsWith("System.", StringComparison.Ordinal) && !name.StartsWith("Microsoft.AspNetCore", StringComparison.Ordinal)
            && !name.StartsWith("Microsoft.Extensions.", StringComparison.Ordinal) && !name.StartsWith("Microsoft.IdentityModel.", StringComparison.Ordinal) && !name.StartsWith("Microsoft.Win32.", StringComparison.Ordinal));

    [Fact]
    public void Files_are_small()
    {
        var files = Directory.GetFiles(RepositoryFiles.PathOf("src/CredentialBroker.Node"), "*.cs", SearchOption.AllDirectories).Where(file => !file.Contains("/obj/", StringComparison.Ordinal)).Select(file => File.ReadLines(file).Count()).Order().ToList();
        Assert.InRange(files[files.Count / 2], 1, 70);
        Assert.True(files[^1] < 300);
    }

    [Fact]
    public void The_page_of_the_nodes_configuration_and_codes_is_the_code()
    {
        var page = new StringBuilder("<!-- Generated from the code; a test compares it. -->\n# The node's configuration and reason codes\n\nEvery key of the file; any other is a mistake that stops the start. `-` means: no default. Variables `CREDBROKER_NODE_Section__Key` go over the file. [What it is about](../approvals/docker.md).\n\n");
        Section(page, "The file", typeof(NodeOptions));
        page.Append("## Reason codes\n\nIn the engine's answer to its caller, in the log, and in what the broker is told. They are never renamed.\n\n| code | meaning |\n|---|---|\n");
        foreach (var field in typeof(Refusals).GetFields(BindingFlags.Static | BindingFlags.Public)) page.Append(CultureInfo.InvariantCulture, $"| `{field.GetRawConstantValue()}` | {Comments.OfField(typeof(Refusals), field.Name)} |\n");
        var file = RepositoryFiles.PathOf("docs/reference/node.md");
        if (Environment.GetEnvironmentVariable("CREDBROKER_WRITE_REFERENCE") == "1") File.WriteAllText(file, page.ToString());
        Assert.Equal(page.ToString(), File.ReadAllText(file));
    }

    [Fact]
    public void The_example_configuration_is_one()
    {
        var (_, mistakes) = OptionsReader.Read(RepositoryFiles.PathOf("deploy/docker/node.json"), TimeProvider.System);
        // Where files lie differs from machine to machine; all else has to be right.
        Assert.All(mistakes, mistake => Assert.Contains("no file at", mistake, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Check_tells_every_mistake_at_once()
    {
        var file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, """{"Host":"Host 1","Issuer":"http://x","Brokr":{},"Broker":{"Address":"http://far.example","Timeout":"00:10:00"},"Callers":{"ci":{"May":["run","fly"],"Names":["a"],"HostResources":["a*b"],"Nmes":[]},"any":{"Anonymous":true,"Names":["b"]}},"Engine":{"Exception":{"Name":"e"}}}""");
            var error = new StringWriter();
            Assert.Equal(ExitCodes.Usage, await Entry.RunAsync(["check", "--config", file], TextWriter.Null, error, TimeProvider.System));
            foreach (var key in (string[])["Host:", "Issuer:", "Environment:", "Brokr:", "Broker:Address:", "Broker:Audience:", "Broker:Timeout:", "Callers:ci:Nmes:", "Callers:ci:May:", "Callers:ci:HostResources:", "Callers:ci:Images:", "Callers:ci:Templates:", "Callers:any:Names:", "Engine:Exception:Until:"])
            {
                Assert.Contains($"\n{key}", $"\n{error}", StringComparison.Ordinal);
            }
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("serve", "--help")]
    [InlineData("check", "--help")]
    public async Task Help_shows_how(params string[] args)
    {
        var to = new StringWriter();
        Assert.Equal(0, await Entry.RunAsync(args, to, TextWriter.Null, TimeProvider.System));
        Assert.Contains(args.Length == 1 ? "serve" : $"credbroker-node {args[0]}", to.ToString(), StringComparison.Ordinal);
    }

    private static void Section(StringBuilder page, string path, Type type)
    {
        page.Append(CultureInfo.InvariantCulture, $"## {(path == "The file" ? path : $"`{path}`")}\n\n| key | default | meaning |\n|---|---|---|\n");
        var fresh = Activator.CreateInstance(type)!;
        var inner = new List<(string Path, Type Type)>();
        foreach (var key in type.GetProperties().Where(property => property.CanWrite))
        {
            var below = path == "The file" ? key.Name : $"{path}:{key.Name}";
            if (key.PropertyType == typeof(Dictionary<string, CallerOptions>)) inner.Add(($"{below}:{{name}}", typeof(CallerOptions)));
            else if (key.PropertyType.Namespace == typeof(NodeOptions).Namespace) inner.Add((below, key.PropertyType));
            var meaning = Comments.OfProperty(type, key.Name);
            Assert.True(meaning.Length > 0, $"{type.Name}.{key.Name} has no comment");
            page.Append(CultureInfo.InvariantCulture, $"| `{key.Name}` | {(inner.Exists(one => one.Path.StartsWith(below, StringComparison.Ordinal)) ? "below" : Shown(key.GetValue(fresh)))} | {meaning} |\n");
        }

        page.Append('\n');
        foreach (var (one, options) in inner) Section(page, one, options);
    }

    private static string Shown(object? value) => value switch
    {
        null or "" => "-",
        TimeSpan time => $"`{time:c}`",
        bool truth => truth ? "`true`" : "`false`",
        Array { Length: 0 } => "none",
        _ => $"`{Convert.ToString(value, CultureInfo.InvariantCulture)}`",
    };
}
