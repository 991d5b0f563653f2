using System.Diagnostics;
using CredentialBroker.TestInfra;

namespace CredentialBroker.EndToEnd;

/// <summary>The real binary as a process of its own, which tests may kill.</summary>
internal sealed class BrokerProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly List<string> _said = [];

    private BrokerProcess(Process process, Scene scene)
    {
        _process = process;
        Scene = scene;
        process.OutputDataReceived += (_, line) => Keep(line.Data);
        process.ErrorDataReceived += (_, line) => Keep(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public Scene Scene { get; }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    public string Said
    {
        get
        {
            lock (_said) return string.Join('\n', _said);
        }
    }

    /// <summary>Runs a command of the server binary to its end.</summary>
    public static async Task<(int Code, string Said)> RunAsync(params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(Dotnet(), [Path.Combine(AppContext.BaseDirectory, "CredentialBroker.dll"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var said = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return (process.ExitCode, string.Concat(said));
    }

    /// <param name="crashAt">Milestone at which the process is killed, as <c>name</c> or <c>name#n</c>; null for none.</param>
    public static async Task<BrokerProcess> StartAsync(SceneFolder folder, int port, string? crashAt = null, bool ready = true)
    {
        var start = new ProcessStartInfo(Dotnet(), [Path.Combine(AppContext.BaseDirectory, "CredentialBroker.dll"), "serve", "--config", folder.ConfigurationFile])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder.Path,
        };
        if (crashAt is not null)
        {
            start.Environment["DOTNET_STARTUP_HOOKS"] = Path.Combine(AppContext.BaseDirectory, "CredentialBroker.CrashHook.dll");
            start.Environment["CRASH_AT"] = crashAt;
        }

        var broker = new BrokerProcess(Process.Start(start)!, new Scene(new Uri($"http://127.0.0.1:{port}"), () => File.ReadAllText(folder.TokenFile).Trim(), folder.Cluster, folder.Gate));
        if (ready) await broker.WaitUntilReadyAsync();
        return broker;
    }

    /// <summary>Waits for the end, and returns the exit code.</summary>
    public async Task<int> ExitAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        await _process.WaitForExitAsync(limit.Token);
        return _process.ExitCode;
    }

    public void Kill() => _process.Kill();

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
        Scene.Dispose();
    }

    private async Task WaitUntilReadyAsync()
    {
        for (var i = 0; i < 600; i++)
        {
            if (_process.HasExited) throw new InvalidOperationException($"the broker ended with {_process.ExitCode}: {Said}");
            try
            {
                if ((await Scene.SendAsync(HttpMethod.Get, "/healthz/ready", null)).Status == System.Net.HttpStatusCode.OK) return;
            }
            catch (HttpRequestException)
            {
                // Not listening yet.
            }

            await Task.Delay(50);
        }

        throw new TimeoutException($"the broker did not become ready: {Said}");
    }

    private void Keep(string? line)
    {
        if (line is null) return;
        lock (_said) _said.Add(line);
    }

    private static string Dotnet() => Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) == "dotnet" ? path : "dotnet";
}
