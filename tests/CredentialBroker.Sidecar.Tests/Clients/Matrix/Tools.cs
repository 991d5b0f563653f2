using System.Collections.Concurrent;
using System.Diagnostics;
using CredentialBroker.Sidecar.Tests.TestInfra;

namespace CredentialBroker.Sidecar.Tests.Clients.Matrix;

/// <summary>What clients are made of, and what of it is missing here. Each thing is looked for once.</summary>
internal static class Tools
{
    /// <summary>Debian's own interpreter: another that comes earlier on the path does not see Debian's modules.</summary>
    public const string Python = "/usr/bin/python3";

    private const string Cure = "tests/install-clients.sh installs what can be had";
    private static readonly ConcurrentDictionary<string, string?> Modules = new();

    /// <summary>Where the packages of npm are.</summary>
    public static string Packages { get; } = Environment.GetEnvironmentVariable("CLIENTS_FOLDER") is { Length: > 0 } folder
        ? folder
        : Path.Combine(Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } cache ? cache : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache"), "credbroker-tests", "clients");

    public static string Script(string name) => Path.Combine(AppContext.BaseDirectory, "Clients", "Matrix", name);

    public static string? Program(string program) => IsThere(program) ? null : $"there is no {program} on this machine; {Cure}";

    public static string? Module(string module) => Program(Python) ?? Modules.GetOrAdd(module, Import);

    public static string? Package(string package) => Program("node") ?? (Directory.Exists(Path.Combine(Packages, "node_modules", package)) ? null : $"node has no {package}; {Cure}");

    private static bool IsThere(string program) => program.StartsWith('/')
        ? File.Exists(program)
        : (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, program)));

    private static string? Import(string module)
    {
        using var python = Process.Start(new ProcessStartInfo(Python, ["-c", $"import {module}"]) { RedirectStandardError = true })!;
        python.StandardError.ReadToEnd();
        python.WaitForExit();
        return python.ExitCode == 0 ? null : $"{Python} has no module {module}; {Cure}";
    }
}
