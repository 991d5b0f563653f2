using System.Diagnostics;
using System.Text.RegularExpressions;
using CredentialBroker.Configuration;
using CredentialBroker.TestInfra;
using Microsoft.Extensions.Configuration;
using YamlDotNet.Serialization;

namespace CredentialBroker.Tests.House;

/// <summary>What is shipped for running the broker names only settings that exist, and keeps its promises of confinement.</summary>
public sealed partial class DeployTests
{
    [Fact]
    public void The_compose_file_sets_what_exists_and_confines_both_containers()
    {
        var compose = new DeserializerBuilder().Build().Deserialize<Dictionary<string, dynamic>>(Text("deploy/compose/compose.yaml"));
        var services = (Dictionary<object, object>)compose["services"];
        AssertKnown(((Dictionary<object, object>)((Dictionary<object, object>)services["broker"])["environment"]).ToDictionary(e => (string)e.Key, e => (string?)e.Value));
        foreach (var service in services.Values.Cast<Dictionary<object, object>>())
        {
            Assert.Equal("true", service["read_only"]);
            Assert.Equal(["ALL"], ((List<object>)service["cap_drop"]).Cast<string>());
            Assert.Equal(["no-new-privileges:true"], ((List<object>)service["security_opt"]).Cast<string>());
            // Secrets come as files, never in the environment.
            Assert.All(((Dictionary<object, object>)service["environment"]).Keys.Cast<string>().Where(k => SecretName().IsMatch(k)), k => Assert.EndsWith("FILE", k.ToUpperInvariant(), StringComparison.Ordinal));
            Assert.Empty(((List<object>)service["secrets"]).Cast<string>().Except(((Dictionary<object, object>)compose["secrets"]).Keys.Cast<string>()));
        }

        var mounted = new ConfigurationBuilder().AddJsonFile(RepositoryFiles.PathOf("deploy/compose/appsettings.json")).Build();
        Assert.Empty(UnknownKeys.In(mounted, typeof(BrokerOptions), ""));
    }

    [Fact]
    public void The_unit_sets_what_exists_and_takes_its_key_as_a_credential()
    {
        var unit = Text("deploy/systemd/credbroker.service");
        AssertKnown(UnitVariable().Matches(unit).ToDictionary(m => m.Groups[1].Value, m => (string?)m.Groups[2].Value));
        var credential = Assert.Single(Credential().Matches(unit)).Groups[1].Value;
        Assert.Contains($"CREDBROKER_Keys__KeyEncryptionKeyFile=%d/{credential}\n", unit, StringComparison.Ordinal);
        foreach (var line in new[] { "DynamicUser=yes", "NoNewPrivileges=yes", "CapabilityBoundingSet=", "ProtectSystem=strict", "PrivateDevices=yes", "RestrictNamespaces=yes", "UMask=0077" })
        {
            Assert.Contains($"\n{line}\n", unit, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void The_unit_is_one_that_systemd_understands()
    {
        if (!File.Exists("/usr/bin/systemd-analyze")) return;
        // The program need not be installed where the test runs.
        var folder = Directory.CreateTempSubdirectory("credbroker-unit-").FullName;
        try
        {
            var file = Path.Combine(folder, "credbroker.service");
            File.WriteAllText(file, Text("deploy/systemd/credbroker.service").Replace("/opt/credbroker/CredentialBroker serve", "/bin/true serve", StringComparison.Ordinal));
            using var verify = Process.Start(new ProcessStartInfo("/usr/bin/systemd-analyze", ["verify", "--man=no", file]) { RedirectStandardError = true })!;
            var told = verify.StandardError.ReadToEnd();
            verify.WaitForExit();
            Assert.DoesNotContain("credbroker.service", told, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void The_image_runs_as_nobody_in_particular_and_starts_what_is_published()
    {
        var lines = File.ReadAllLines(RepositoryFiles.PathOf("Dockerfile"));
        Assert.Contains("USER 1654:1654", lines);
        Assert.True(Array.IndexOf(lines, "USER 1654:1654") < Array.FindIndex(lines, l => l.StartsWith("ENTRYPOINT", StringComparison.Ordinal)));
        Assert.Equal(3, lines.Count(l => l.StartsWith("RUN dotnet publish src/", StringComparison.Ordinal)));
    }

    [Fact]
    public void The_license_is_whole()
    {
        var text = Text("LICENSE");
        foreach (var part in new[] { "Apache License", "9. Accepting Warranty or Additional Liability", "END OF TERMS AND CONDITIONS", "limitations under the License." })
        {
            Assert.Contains(part, text, StringComparison.Ordinal);
        }
    }

    private static void AssertKnown(Dictionary<string, string?> variables)
    {
        var own = variables.Where(v => v.Key.StartsWith(ConfigurationReader.Prefix, StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(own);
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(own.Select(v => KeyValuePair.Create(v.Key[ConfigurationReader.Prefix.Length..].Replace("__", ":", StringComparison.Ordinal), v.Value))).Build();
        Assert.Empty(UnknownKeys.In(configuration, typeof(BrokerOptions), ""));
        // Where files lie differs from machine to machine; all else has to be right.
        var (_, mistakes) = ConfigurationReader.Read(configuration, TimeProvider.System);
        Assert.All(mistakes, mistake => Assert.Matches("no file at|no folder", mistake));
    }

    private static string Text(string path) => File.ReadAllText(RepositoryFiles.PathOf(path));

    [GeneratedRegex("^Environment=(CREDBROKER_[A-Za-z_]+)=(.*)$", RegexOptions.Multiline)]
    private static partial Regex UnitVariable();

    [GeneratedRegex("^LoadCredential=([a-z-]+):", RegexOptions.Multiline)]
    private static partial Regex Credential();

    [GeneratedRegex("password|secret|token|key", RegexOptions.IgnoreCase)]
    private static partial Regex SecretName();
}
