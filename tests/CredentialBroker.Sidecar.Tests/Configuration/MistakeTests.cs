using System.Text.Json.Nodes;
using CredentialBroker.Sidecar.Configuration;

namespace CredentialBroker.Sidecar.Tests.Configuration;

/// <summary>Every mistake of a configuration is named by its key, and all of them at once.</summary>
public sealed class MistakeTests : IDisposable
{
    private const string Good = """
        {
          "Broker": { "Address": "https://broker.example:8200" },
          "Identity": { "Kind": "token-file", "TokenFile": "/run/token" },
          "Leases": { "a": { "Template": "orders" } }
        }
        """;

    private readonly string _file = Path.GetTempFileName();

    public void Dispose() => File.Delete(_file);

    [Fact]
    public void What_is_right_has_no_mistakes() => Assert.Empty(MistakesOf(Good));

    /// <param name="path">Where, with colons.</param>
    /// <param name="json">What stands there.</param>
    /// <param name="key">The key that the one mistake names.</param>
    [Theory]
    [InlineData("Broker:Address", "null", "Broker:Address")]
    [InlineData("Broker:Address", "\"broker.example\"", "Broker:Address")]
    [InlineData("Broker:Address", "\"http://broker.example\"", "Broker:Address")]
    [InlineData("Broker:Address", "\"https://user@broker.example\"", "Broker:Address")]
    [InlineData("Broker:Address", "\"https://broker.example/path\"", "Broker:Address")]
    [InlineData("Broker:Address", "\"ftp://broker.example\"", "Broker:Address")]
    [InlineData("Broker:CaFile", "\"/nonexistent\"", "Broker:CaFile")]
    [InlineData("Broker:Timeout", "\"61s\"", "Broker:Timeout")]
    [InlineData("Identity", "{}", "Identity:Kind")]
    [InlineData("Identity:Kind", "\"magic\"", "Identity:Kind")]
    [InlineData("Identity", """{ "Kind": "token-file" }""", "Identity:TokenFile")]
    [InlineData("Identity", """{ "Kind": "token-file", "TokenFile": "token" }""", "Identity:TokenFile")]
    [InlineData("Identity", """{ "Kind": "token-variable" }""", "Identity:Variable")]
    [InlineData("Identity", """{ "Kind": "github" }""", "Identity:Audience")]
    [InlineData("Identity", """{ "Kind": "spiffe-x509", "Socket": "tcp://127.0.0.1:1" }""", "Identity:Socket")]
    [InlineData("Identity", """{ "Kind": "spiffe-jwt", "Socket": "unix:///run/a.sock" }""", "Identity:Audience")]
    [InlineData("Leases", "{}", "Leases")]
    [InlineData("Leases", """{ "a b": { "Template": "t" } }""", "Leases:a b")]
    [InlineData("Leases:a:Template", "\"\"", "Leases:a:Template")]
    [InlineData("Leases:a:Ttl", "\"0s\"", "Leases:a:Ttl")]
    [InlineData("Leases:a:Purpose", "\"two\\nlines\"", "Leases:a:Purpose")]
    [InlineData("Leases:a:NonceFile", "\"nonce\"", "Leases:a:NonceFile")]
    [InlineData("Life:AfterRevoke", "\"25h\"", "Life:AfterRevoke")]
    [InlineData("Life:Poll", "\"6m\"", "Life:Poll")]
    [InlineData("Life:EndGrace", "\"61s\"", "Life:EndGrace")]
    [InlineData("FrontEnds:Local:Socket", "\"sock\"", "FrontEnds:Local:Socket")]
    [InlineData("FrontEnds:AwsContainer", """{ "Lease": "b" }""", "FrontEnds:AwsContainer:Lease")]
    [InlineData("FrontEnds:AwsContainer", """{ "Lease": "a", "Listen": "0.0.0.0:80" }""", "FrontEnds:AwsContainer:Listen")]
    [InlineData("FrontEnds:AwsContainer", """{ "Lease": "a", "TokenFile": "x" }""", "FrontEnds:AwsContainer:TokenFile")]
    [InlineData("FrontEnds:AwsMetadata", """{ "Lease": "a", "Role": "a/b" }""", "FrontEnds:AwsMetadata:Role")]
    [InlineData("FrontEnds:AwsMetadata", """{ "Lease": "a", "Listen": "10.0.0.1:80" }""", "FrontEnds:AwsMetadata:Listen")]
    [InlineData("FrontEnds:AzureAppService", "{}", "FrontEnds:AzureAppService:Resources")]
    [InlineData("FrontEnds:AzureAppService", """{ "Resources": { "https://x/": "a" } }""", "FrontEnds:AzureAppService:Resources:https://x/")]
    [InlineData("FrontEnds:AzureMetadata", """{ "Resources": { "https://x": "b" } }""", "FrontEnds:AzureMetadata:Resources:https://x")]
    [InlineData("FrontEnds:GoogleMetadata", """{ "Lease": "a", "Project": "p" }""", "FrontEnds:GoogleMetadata:Email")]
    [InlineData("FrontEnds:GoogleMetadata", """{ "Lease": "a", "Email": "e" }""", "FrontEnds:GoogleMetadata:Project")]
    [InlineData("FrontEnds:GoogleSubjectToken", """{ "Lease": "a", "Provider": "projects/1" }""", "FrontEnds:GoogleSubjectToken:Provider")]
    [InlineData("FrontEnds:GoogleSubjectToken", """{ "Lease": "a", "Provider": "//iam.googleapis.com/projects/1", "TokenUrl": "http://sts.example" }""", "FrontEnds:GoogleSubjectToken:TokenUrl")]
    [InlineData("FrontEnds:Postgres", """{ "Folder": "/dev/shm/pg" }""", "FrontEnds:Postgres:Leases")]
    [InlineData("FrontEnds:Postgres", """{ "Leases": ["a"], "Folder": "/var/tmp/pg" }""", "FrontEnds:Postgres:Folder")]
    [InlineData("FrontEnds:Kubeconfig", """{ "Path": "/run/kubeconfig" }""", "FrontEnds:Kubeconfig:Leases")]
    [InlineData("FrontEnds:Kubeconfig", """{ "Leases": ["a"], "Path": "kubeconfig" }""", "FrontEnds:Kubeconfig:Path")]
    [InlineData("FrontEnds:Kubeconfig", """{ "Leases": ["a"], "Path": "/run/kubeconfig", "Command": [] }""", "FrontEnds:Kubeconfig:Command")]
    [InlineData("FrontEnds:Kubeconfig", """{ "Leases": ["a"], "Path": "/run/kubeconfig", "Socket": "sock" }""", "FrontEnds:Kubeconfig:Socket")]
    [InlineData("FrontEnds:Vault", "{}", "FrontEnds:Vault:Paths")]
    [InlineData("FrontEnds:Vault", """{ "Paths": { "/kv": { "Lease": "a" } } }""", "FrontEnds:Vault:Paths:/kv")]
    [InlineData("FrontEnds:Vault", """{ "Paths": { "kv/app": { "Lease": "a", "Kv2": true } } }""", "FrontEnds:Vault:Paths:kv/app")]
    [InlineData("FrontEnds:Vault", """{ "Paths": { "kv/app": { "Lease": "b" } } }""", "FrontEnds:Vault:Paths:kv/app:Lease")]
    [InlineData("FrontEnds:TokenFiles", """{ "t": { "Lease": "a", "Path": "/var/tmp/t" } }""", "FrontEnds:TokenFiles:t:Path")]
    [InlineData("FrontEnds:Files", """{ "f": { "Lease": "a", "Path": "/dev/shm/f", "Mode": "0644" } }""", "FrontEnds:Files:f:Mode")]
    [InlineData("FrontEnds:Files", """{ "f": { "Path": "/dev/shm/f", "Format": "toml" } }""", "FrontEnds:Files:f:Format")]
    [InlineData("FrontEnds:Files", """{ "f": { "Path": "/dev/shm/f", "Format": "dotenv" } }""", "FrontEnds:Files:f:Values")]
    [InlineData("FrontEnds:Files", """{ "f": { "Path": "/dev/shm/f", "Format": "dotenv", "Values": { "A-B": "a.x" } } }""", "FrontEnds:Files:f:Values:A-B")]
    [InlineData("FrontEnds:Files", """{ "f": { "Path": "/dev/shm/f", "Format": "ini", "Values": { "A": "x" } } }""", "FrontEnds:Files:f:Values:A")]
    [InlineData("FrontEnds:Files", """{ "f": { "Path": "/dev/shm/f", "Format": "text" } }""", "FrontEnds:Files:f:Text")]
    [InlineData("FrontEnds:Files", """{ "f": { "Path": "/dev/shm/f", "Format": "text", "Text": "{{a}}" } }""", "FrontEnds:Files:f:Text")]
    [InlineData("FrontEnds:Files", """{ "f": { "Path": "/dev/shm/f", "Format": "text", "Text": "{{b.x}}" } }""", "FrontEnds:Files:f:Text")]
    [InlineData("FrontEnds:Files", """{ "f": { "Path": "/dev/shm/f", "Format": "text", "Text": "{{a.x" } }""", "FrontEnds:Files:f:Text")]
    [InlineData("FrontEnds:Files", """{ "f": { "Path": "/dev/shm/f", "Lease": "a", "OnChange": {} } }""", "FrontEnds:Files:f:OnChange:Command")]
    [InlineData("FrontEnds:Files", """{ "f": { "Path": "/dev/shm/f", "Lease": "a", "OnChange": { "Command": ["reload"] } } }""", "FrontEnds:Files:f:OnChange:Command")]
    [InlineData("FrontEnds:Files", """{ "f": { "Path": "/dev/shm/f", "Lease": "a", "OnChange": { "Signal": "KILL", "PidFile": "/run/p" } } }""", "FrontEnds:Files:f:OnChange:Signal")]
    [InlineData("FrontEnds:Files", """{ "f": { "Path": "/dev/shm/f", "Lease": "a", "OnChange": { "Signal": "HUP" } } }""", "FrontEnds:Files:f:OnChange:PidFile")]
    public void A_mistake_names_its_key(string path, string json, string key) => Assert.Equal(key, Assert.Single(MistakesOf(With(path, json))).Split(": ")[0]);

    [Fact]
    public void All_mistakes_are_told_at_once()
    {
        var mistakes = MistakesOf("""{ "Leases": { "a": { "Template": "" } }, "Life": { "Poll": "1h" } }""");
        Assert.Equal(["Broker:Address", "Identity:Kind", "Leases:a:Template", "Life:Poll"], mistakes.Select(mistake => mistake.Split(": ")[0]));
    }

    [Theory]
    [InlineData("""{ "Leasez": {} }""", "Leasez")]
    [InlineData("""{ "Leases": { "a": { "Template": "t", "template": "u" } } }""", "emplate")]
    [InlineData("""{ "Broker": { "Timeout": 10 } }""", "duration")]
    [InlineData("""{ "Broker": { "Timeout": "soon" } }""", "duration")]
    [InlineData("""{ "Broker": null }""", "Broker")]
    [InlineData("""{ "Broker": """, "")]
    [InlineData("null", "null")]
    [InlineData("", "")]
    public void What_is_no_configuration_is_told_with_its_place(string text, string says)
    {
        File.WriteAllText(_file, text);
        var told = Assert.Throws<CommandException>(() => OptionsFile.Read(_file));
        Assert.Equal(ExitCodes.Usage, told.ExitCode);
        Assert.Contains(says, told.Message, StringComparison.Ordinal);
        Assert.StartsWith(_file, told.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_missing_or_far_too_large_is_not_read()
    {
        Assert.Equal(ExitCodes.Usage, Assert.Throws<CommandException>(() => OptionsFile.Read(_file + ".none")).ExitCode);
        File.WriteAllText(_file, new string(' ', 300 * 1024));
        Assert.Contains("larger", Assert.Throws<CommandException>(() => OptionsFile.Read(_file)).Message, StringComparison.Ordinal);
    }

    /// <summary>The environment says what the file does not, and never what it does.</summary>
    [Fact]
    public void The_environment_fills_what_is_absent()
    {
        var variables = new Dictionary<string, string> { ["CREDBROKER_ADDR"] = "https://other.example", ["CREDBROKER_TOKEN_FILE"] = "/run/other" };
        var around = new Surroundings(TextReader.Null, TextWriter.Null, TextWriter.Null, variables.GetValueOrDefault, TimeProvider.System);
        var options = Read(Good);
        options.FillFrom(around);
        Assert.Equal(("https://broker.example:8200", "/run/token"), (options.Broker.Address, options.Identity.TokenFile));
        options = Read("""{ "Leases": { "a": { "Template": "t" } } }""");
        options.FillFrom(around);
        Assert.Equal(("https://other.example", "/run/other", "token-file"), (options.Broker.Address, options.Identity.TokenFile, options.Identity.Kind));
    }

    private static string With(string path, string json)
    {
        var root = JsonNode.Parse(Good)!.AsObject();
        var at = root;
        var keys = path.Split(':');
        foreach (var key in keys[..^1]) at = (JsonObject)(at[key] ??= new JsonObject());
        at[keys[^1]] = JsonNode.Parse(json);
        return root.ToJsonString();
    }

    private IReadOnlyList<string> MistakesOf(string text) => Read(text).Validate();

    private SidecarOptions Read(string text)
    {
        File.WriteAllText(_file, text);
        return OptionsFile.Read(_file);
    }
}
