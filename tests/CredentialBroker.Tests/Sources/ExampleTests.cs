using System.Diagnostics;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using CredentialBroker.TestInfra;
using CredentialBroker.Tests.TestInfra;

namespace CredentialBroker.Tests.Sources;

/// <summary>The pages about sources, as they are printed: their configuration starts a broker, their commands are accepted by it.</summary>
public sealed partial class ExampleTests
{
    private static readonly string[] Pages = ["docs/approvals.md", "docs/approvals/cloudevents.md", "docs/approvals/cdevents.md", "docs/approvals/github.md", "docs/approvals/gitlab.md"];

    [Fact]
    public async Task The_commands_of_every_page_work_as_written()
    {
        using var key = TestKey.Make("gate-1", "RS256");
        using var authority = new TestAuthority(TimeProvider.System.GetUtcNow());
        var folder = Directory.CreateTempSubdirectory("credbroker-examples-").FullName;
        var blocks = Pages.Select(page => Block().Matches(File.ReadAllText(RepositoryFiles.PathOf(page))).Select(b => (Kind: b.Groups[1].Value, Text: b.Groups[2].Value)).ToList()).ToList();
        Write("prod-eu.jwks.json", new JsonObject { ["keys"] = new JsonArray(key.Jwk()) }.ToJsonString());
        Write("prod-eu.key", ((RSA)key.Key).ExportPkcs8PrivateKeyPem());
        Write("release-desk.secret", "whsec_" + Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)));
        Write("pipeline.secret", "whsec_" + Convert.ToBase64String(RandomNumberGenerator.GetBytes(24)));
        Write("forge.secret", "not the one of any forge");
        Write("forge.token", "github_pat_0");
        Write("gitlab.secret", "not the one of any GitLab");
        Write("gitlab.token", "glpat-0");
        Write("gitlab.jwks.json", new JsonObject { ["keys"] = new JsonArray(key.Jwk()) }.ToJsonString());
        Write("mesh-ca.pem", authority.Pem);
        var document = JsonNode.Parse(blocks[0].Single(b => b.Kind == "json" && b.Text.Contains("\"jti\"", StringComparison.Ordinal)).Text)!["approval"]!.AsObject();
        document.Remove("claimBy");
        document.Remove("validUntil");
        Write("approval.json", document.ToJsonString());
        try
        {
            await using var broker = await Brokers.StartAsync(change: configuration =>
            {
                configuration["TrustSources"]!["Workloads"]!["gitlab"] = new JsonObject
                {
                    ["Kind"] = "gitlab", ["Issuer"] = "https://gitlab.example.com", ["Audience"] = "credbroker", ["Environments"] = new JsonArray("prod"), ["JwksFile"] = $"{folder}/gitlab.jwks.json",
                    ["Owners"] = new JsonObject { ["Runtime"] = "a", ["Policy"] = "b", ["Operator"] = "c" },
                };
                foreach (var block in blocks.SelectMany(b => b).Where(b => b.Kind == "json" && b.Text.Contains("TrustSources", StringComparison.Ordinal)))
                {
                    var sources = JsonNode.Parse(block.Text.Replace("/etc/credbroker", folder, StringComparison.Ordinal))!["TrustSources"]!["Approvals"]!.AsObject();
                    foreach (var (name, source) in sources) configuration["TrustSources"]!["Approvals"]![name] = source!.DeepClone();
                }
            });
            foreach (var (page, secret, effect) in new[] { (0, "prod-eu", "approved"), (1, "release-desk", "approved"), (2, "pipeline", "approved"), (3, "forge", "noted"), (4, "gitlab", "noted") })
            {
                var said = await RunAsync(Assert.Single(blocks[page], b => b.Kind == "sh").Text, folder, secret, broker.Host.Address);
                Assert.True(said.Contains($"\"effect\":\"{effect}\"", StringComparison.Ordinal), $"{Pages[page]}: {said}");
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        void Write(string name, string content) => File.WriteAllText(Path.Combine(folder, name), content);
    }

    private static async Task<string> RunAsync(string script, string folder, string source, string address)
    {
        using var bash = new Process
        {
            StartInfo = new ProcessStartInfo("bash", ["-eu", "-o", "pipefail", "-c", script])
            {
                WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true,
                Environment = { ["CREDBROKER_ADDR"] = address, ["SECRET_FILE"] = $"{folder}/{source}.secret", ["KEY_FILE"] = $"{folder}/{source}.key" },
            },
        };
        bash.Start();
        var errors = bash.StandardError.ReadToEndAsync();
        var output = await bash.StandardOutput.ReadToEndAsync();
        await bash.WaitForExitAsync();
        return output + await errors;
    }

    [GeneratedRegex(@"^```(json|sh)\n(.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Block();
}
