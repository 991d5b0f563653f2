using System.Diagnostics;

namespace CredentialBroker.Sidecar.Tests.TestInfra;

/// <summary>A fact about a client as its makers ship it. Where this machine lacks it, the test is skipped and says what is missing.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ClientFactAttribute : FactAttribute
{
    /// <summary>Debian's own interpreter: another that comes earlier on the path does not see Debian's modules.</summary>
    public const string Python = "/usr/bin/python3";

    /// <param name="program">Path of the program, or its name.</param>
    /// <param name="module">A module that Debian's Python must have.</param>
    public ClientFactAttribute(string program, string? module = null)
    {
        if (!IsThere(program)) Skip = $"there is no {program} on this machine; tests/install-clients.sh installs what Debian has";
        else if (module is not null && !Imports(module)) Skip = $"{program} has no module {module}; tests/install-clients.sh installs what Debian has";
    }

    private static bool IsThere(string program) => program.StartsWith('/')
        ? File.Exists(program)
        : (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, program)));

    private static bool Imports(string module)
    {
        using var python = Process.Start(new ProcessStartInfo(Python, ["-c", $"import {module}"]) { RedirectStandardError = true })!;
        python.StandardError.ReadToEnd();
        python.WaitForExit();
        return python.ExitCode == 0;
    }
}
