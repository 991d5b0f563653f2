using System.Diagnostics;
using System.Text.RegularExpressions;
using CredentialBroker.TestInfra;

namespace CredentialBroker.EndToEnd;

/// <summary>The README's third section as it is printed; only the port, and how the built programs are started, differ.</summary>
public sealed partial class QuickstartTests
{
    [Fact]
    public async Task The_steps_of_the_README_work_as_written()
    {
        var blocks = Blocks();
        Assert.Equal(2, blocks.Count);
        var folder = Directory.CreateTempSubdirectory("credbroker-quickstart-").FullName;
        var port = LoopbackPorts.FindFree();
        using var serving = new Process { StartInfo = Bash(blocks[0], folder, port) };
        try
        {
            Directory.CreateSymbolicLink(Path.Combine(folder, "deploy"), Path.Combine(Repository(), "deploy"));
            serving.Start();
            await ReadyAsync(serving, port);

            var steps = await Shell.RunAsync(Bash(blocks[1], folder, port));
            Assert.True(steps.Exit == 0, steps.Out + steps.Error);
            Assert.Contains("activated build-token", steps.Out + steps.Error, StringComparison.Ordinal);
            Assert.Contains("no_approval", steps.Error, StringComparison.Ordinal);
            Assert.Contains("\"tokenType\": \"Bearer\"", steps.Out, StringComparison.Ordinal);
            Assert.Contains("leases now ending  1", steps.Out, StringComparison.Ordinal);
            Assert.Matches("ended +build-token .* task_end ", steps.Out);
            Assert.Contains("verified", steps.Out, StringComparison.Ordinal);
        }
        finally
        {
            serving.Kill(entireProcessTree: true);
            await serving.WaitForExitAsync();
            Directory.Delete(folder, recursive: true);
        }
    }

    private static List<string> Blocks()
    {
        var readme = File.ReadAllText(Path.Combine(Repository(), "README.md"));
        var begin = readme.IndexOf("## Run it with your own configuration", StringComparison.Ordinal);
        var end = readme.IndexOf("\n## ", begin + 1, StringComparison.Ordinal);
        return [.. Block().Matches(readme[begin..end]).Select(m => m.Groups[1].Value)];
    }

    private static ProcessStartInfo Bash(string script, string folder, int port)
    {
        script = script
            .Replace("dotnet run --project src/CredentialBroker.Cli --", $"dotnet '{Path.Combine(AppContext.BaseDirectory, "credbroker.dll")}'", StringComparison.Ordinal)
            .Replace("dotnet run --project src/CredentialBroker --", $"exec dotnet '{Path.Combine(AppContext.BaseDirectory, "CredentialBroker.dll")}'", StringComparison.Ordinal);
        return new ProcessStartInfo("bash", ["-eu", "-c", script])
        {
            WorkingDirectory = folder,
            Environment = { ["CREDBROKER_ADDR"] = $"http://127.0.0.1:{port}", ["CREDBROKER_Hosting__Listen"] = $"http://127.0.0.1:{port}" },
        };
    }

    private static async Task ReadyAsync(Process serving, int port)
    {
        using var http = new HttpClient();
        for (var i = 0; i < 600; i++)
        {
            Assert.False(serving.HasExited, "the broker ended");
            try
            {
                using var reply = await http.GetAsync(new Uri($"http://127.0.0.1:{port}/healthz/ready"));
                if (reply.IsSuccessStatusCode) return;
            }
            catch (HttpRequestException)
            {
                // Not listening yet.
            }

            await Task.Delay(50);
        }

        Assert.Fail("the broker did not become ready");
    }

    private static string Repository([System.Runtime.CompilerServices.CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", ".."));

    [GeneratedRegex("^```sh\n(.*?)^```$", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Block();
}
