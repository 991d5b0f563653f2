using System.Diagnostics;

namespace CredentialBroker.TestInfra;

/// <summary>A program of the machine that speaks the standards by itself, such as openssl or curl.</summary>
internal static class Tool
{
    /// <summary>Its exit code, and what it wrote to both of its streams.</summary>
    public static async Task<(int Code, string Output)> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var streams = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return (process.ExitCode, string.Concat(streams));
    }
}
