using System.Diagnostics;

namespace CredentialBroker.Sidecar.Tests.TestInfra;

/// <summary>A client's run: exit code, and what it said on both of its streams.</summary>
internal sealed record Client(int Exit, string Out, string Error)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    /// <summary>The program of this build, as a person starts it.</summary>
    public static string[] Sidecar { get; } = ["dotnet", Path.Combine(AppContext.BaseDirectory, "credbroker-sidecar.dll")];

    public static Task<Client> RunAsync(IReadOnlyDictionary<string, string> environment, params string[] command) => RunAsync(environment, null, command);

    public static async Task<Client> RunAsync(IReadOnlyDictionary<string, string> environment, string? input, string[] command)
    {
        using var process = Start(environment, command);
        if (input is not null) await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        return await EndAsync(process);
    }

    /// <summary>Starts a program in an environment that names no credentials but those given.</summary>
    public static Process Start(IReadOnlyDictionary<string, string> environment, params string[] command)
    {
        var start = new ProcessStartInfo(command[0], command.Skip(1)) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var name in start.Environment.Keys.Where(n => n.StartsWith("AWS_", StringComparison.Ordinal) || n.StartsWith("AZURE_", StringComparison.Ordinal) || n.StartsWith("PG", StringComparison.Ordinal) || n.StartsWith("CREDBROKER_", StringComparison.Ordinal) || n.Contains("proxy", StringComparison.OrdinalIgnoreCase)).ToList()) start.Environment.Remove(name);
        start.Environment["HOME"] = "/nonexistent";
        foreach (var (name, value) in environment) start.Environment[name] = value;
        return Process.Start(start)!;
    }

    public static async Task<Client> EndAsync(Process process)
    {
        var said = Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        using var limit = new CancellationTokenSource(Limit);
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        finally
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }

        var both = await said;
        return new Client(process.ExitCode, both[0], both[1]);
    }

    public override string ToString() => $"{Exit}: {Out}{Error}";
}
