using System.Diagnostics;
using System.Text.RegularExpressions;
using CredentialBroker.TestInfra;

namespace CredentialBroker.EndToEnd;

/// <summary>The image's own publish command makes a program that starts, answers its probe, and stops.</summary>
public sealed partial class PublishTests
{
    [Fact]
    public async Task What_the_image_publishes_starts_and_answers()
    {
        using var folder = new SceneFolder();
        var port = LoopbackPorts.FindFree();
        folder.Write(port);
        var published = Path.Combine(folder.Path, "published");
        var command = Publish().Match(await File.ReadAllTextAsync(Path.Combine(Repository(), "Dockerfile"))).Groups[1].Value;
        // Outputs in a folder of its own: the tests' own programs stay as they are.
        var made = await Shell.RunAsync(new ProcessStartInfo("dotnet", [.. command.Split(' '), "-o", published, "--artifacts-path", Path.Combine(folder.Path, "artifacts")]) { WorkingDirectory = Repository() }, TimeSpan.FromMinutes(10));
        Assert.True(made.Exit == 0, made.Out + made.Error);

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
        new(Path.Combine(published, "CredentialBroker"), [command, "--config", folder.ConfigurationFile]) { WorkingDirectory = folder.Path };

    private static string Repository([System.Runtime.CompilerServices.CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", ".."));

    [GeneratedRegex(@"^RUN dotnet (publish src/CredentialBroker -c Release) -o /app/broker$", RegexOptions.Multiline)]
    private static partial Regex Publish();
}
