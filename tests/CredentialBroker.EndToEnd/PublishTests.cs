using System.Diagnostics;
using System.Text.RegularExpressions;
using CredentialBroker.TestInfra;

namespace CredentialBroker.EndToEnd;

/// <summary>The image's own publish commands make programs that start, answer a probe, and stop.</summary>
public sealed partial class PublishTests
{
    /// <summary>What is run here, and where the image puts what comes of it.</summary>
    private static readonly (string Command, string Into)[] Published = [("publish src/CredentialBroker -c Release", "/app/broker"), ("publish src/CredentialBroker.Cli -c Release", "/app/cli"), ("publish src/CredentialBroker.Sidecar -c Release", "/app/sidecar")];

    [Fact]
    public void The_image_and_the_compose_file_publish_what_is_tested_here()
    {
        var dockerfile = File.ReadAllText(Path.Combine(Repository(), "Dockerfile"));
        Assert.Equal(Published.Select(p => $"RUN dotnet {p.Command} -o {p.Into}"), Dotnet().Matches(dockerfile).Select(m => m.Value));
        Assert.Contains("COPY --from=build /app /app\n", dockerfile, StringComparison.Ordinal);
        Assert.Contains("ENTRYPOINT [\"/app/broker/CredentialBroker\"]\n", dockerfile, StringComparison.Ordinal);
        Assert.Contains("CMD [\"/app/broker/CredentialBroker\", \"probe\", ", dockerfile, StringComparison.Ordinal);
        Assert.Contains("ln -s /app/cli/credbroker ", dockerfile, StringComparison.Ordinal);

        // Compose builds that image: from the repository's root, by the file and the stage that are the default.
        var compose = Path.Combine(Repository(), "deploy", "compose", "compose.yaml");
        var context = Assert.Single(Build().Matches(File.ReadAllText(compose))).Groups[1].Value;
        Assert.Equal(Repository(), Path.GetFullPath(Path.Combine(Path.GetDirectoryName(compose)!, context)));
    }

    [Fact]
    public async Task What_the_image_publishes_starts_and_answers()
    {
        using var folder = new SceneFolder();
        var port = LoopbackPorts.FindFree();
        folder.Write(port);
        var published = Path.Combine(folder.Path, "published");
        foreach (var (command, into) in Published)
        {
            // Outputs in a folder of its own: the tests' own programs stay as they are.
            var made = await Shell.RunAsync(
                new ProcessStartInfo("dotnet", [.. command.Split(' '), "-o", published + into, "--artifacts-path", Path.Combine(folder.Path, "artifacts"), "-p:RunAnalyzers=false"]) { WorkingDirectory = Repository() }, TimeSpan.FromMinutes(10));
            Assert.True(made.Exit == 0, made.Out + made.Error);
        }

        var version = await Shell.RunAsync(new ProcessStartInfo(published + "/app/cli/credbroker", ["--version"]));
        Assert.True(version.Exit == 0 && version.Out.Trim().Length > 0, version.Error);

        Assert.Equal(0, (await Shell.RunAsync(new ProcessStartInfo(published + "/app/sidecar/credbroker-sidecar", ["--version"]))).Exit);

        using var serving = Process.Start(Start(published, "serve", folder))!;
        try
        {
            for (var i = 0; ; i++)
            {
                var probe = await Shell.RunAsync(Start(published, "probe", folder));
                if (probe.Exit == 0)
                {
                    Assert.Equal("""{"status":"ready"}""", probe.Out.Trim());
                    break;
                }

                Assert.True(i < 100 && !serving.HasExited, probe.Error);
                await Task.Delay(100);
            }

            using var kill = Process.Start("kill", ["-TERM", serving.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
            await serving.WaitForExitAsync(limit.Token);
            Assert.Equal(0, serving.ExitCode);
            Assert.Equal(1, (await Shell.RunAsync(Start(published, "probe", folder))).Exit);
        }
        finally
        {
            if (!serving.HasExited) serving.Kill();
        }
    }

    private static ProcessStartInfo Start(string published, string command, SceneFolder folder) =>
        new(published + "/app/broker/CredentialBroker", [command, "--config", folder.ConfigurationFile]) { WorkingDirectory = folder.Path };

    private static string Repository([System.Runtime.CompilerServices.CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", ".."));

    [GeneratedRegex("^RUN dotnet .*$", RegexOptions.Multiline)]
    private static partial Regex Dotnet();

    [GeneratedRegex("^ *build: *\\{ context: ([^,} ]+) \\}$", RegexOptions.Multiline)]
    private static partial Regex Build();
}
