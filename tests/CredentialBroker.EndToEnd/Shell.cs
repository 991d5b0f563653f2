using System.Diagnostics;
using System.Text;

namespace CredentialBroker.EndToEnd;

/// <summary>A command as a person would run it, with all that it said.</summary>
internal sealed record Shell(int Exit, string Out, string Error)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(90);

    public static async Task<Shell> RunAsync(ProcessStartInfo start, TimeSpan? within = null)
    {
        start.RedirectStandardOutput = start.RedirectStandardError = true;
        using var process = new Process { StartInfo = start };
        var (said, complained) = (new StringBuilder(), new StringBuilder());
        process.OutputDataReceived += (_, line) => said.AppendLine(line.Data);
        process.ErrorDataReceived += (_, line) => complained.AppendLine(line.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        using var limit = new CancellationTokenSource(within ?? Limit);
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        finally
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }

        return new Shell(process.ExitCode, said.ToString(), complained.ToString());
    }

    /// <summary>A .NET program that was built beside the tests.</summary>
    public static ProcessStartInfo Program(string dll, params string[] arguments) => new("dotnet", [Path.Combine(AppContext.BaseDirectory, dll), .. arguments]);
}
