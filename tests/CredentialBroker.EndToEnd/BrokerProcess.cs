using System.Diagnostics;
using CredentialBroker.TestInfra;

namespace CredentialBroker.EndToEnd;

/// <summary>The real binary as a process of its own, which tests may kill.</summary>
internal sealed class BrokerProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly List<string> _said = [];
    private readonly string _crashFile;

    private BrokerProcess(Process process, Scene scene, string crashFile)
    {
        _process = process;
        _crashFile = crashFile;
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

    /// <param name="mortal">Lets <see cref="CrashAt"/> kill it.</param>
    /// <param name="environment">Set for the process beside the tests' own.</param>
    public static async Task<BrokerProcess> StartAsync(SceneFolder folder, int port, bool mortal = false, bool ready = true, IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo(Dotnet(), [Path.Combine(AppContext.BaseDirectory, "CredentialBroker.dll"), "serve", "--config", folder.ConfigurationFile])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder.Path,
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>()) start.Environment[name] = value;
        var crashFile = Path.Combine(folder.Path, "crash-at");
        if (mortal)
        {
            File.Delete(crashFile);
            start.Environment["DOTNET_STARTUP_HOOKS"] = Path.Combine(AppContext.BaseDirectory, "CredentialBroker.CrashHook.dll");
            start.Environment["CRASH_FILE"] = crashFile;
            // It will not live long enough for code to be worth compiling a second time.
            start.Environment["DOTNET_TieredPGO"] = "0";
            start.Environment["DOTNET_TC_CallCounting"] = "0";
        }

        var broker = new BrokerProcess(Process.Start(start)!, new Scene(new Uri($"http://127.0.0.1:{port}"), () => File.ReadAllText(folder.TokenFile).Trim(), folder.Cluster, folder.Gate), crashFile);
        if (ready) await broker.WaitUntilReadyAsync();
        return broker;
    }

    /// <summary>From now on the process is killed as soon as it comes to the milestone.</summary>
    public void CrashAt(string milestone)
    {
        // Seen whole or not at all.
        File.WriteAllText(_crashFile + "-", milestone);
        File.Move(_crashFile + "-", _crashFile, overwrite: true);
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
                if ((await Scene.SendAsync(HttpMethod.Get, "/healthz/ready", null)).Status == System.Net.HttpStatusCode.OK && !_process.HasExited) return;
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
