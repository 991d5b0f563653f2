using System.Diagnostics;

namespace CredentialBroker.TestInfra;

/// <summary>Finds PostgreSQL's programs and runs them as a user that PostgreSQL accepts: it refuses to run as root.</summary>
internal static class PostgresPrograms
{
    private const string PreferredBinDir = "/usr/lib/postgresql/15/bin";
    private static readonly Lazy<string> Found = new(Find);

    public static string BinDir => Found.Value;

    public static bool RunsAsRoot => Environment.UserName == "root";

    /// <summary>The words before a program's path that make it run as an unprivileged user.</summary>
    public static IReadOnlyList<string> AsUser(params string[] further) =>
        [.. RunsAsRoot ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"] : further.Length > 0 ? new[] { "setpriv" } : [], .. further];

    public static ProcessStartInfo StartInfo(IReadOnlyList<string> command)
    {
        // The working folder of the tests may not be readable by the postgres user.
        var start = new ProcessStartInfo(command[0], command.Skip(1)) { WorkingDirectory = "/" };
        // The tests' environment (PGHOST, LC_ALL and the like) must not change what the server does.
        var path = Environment.GetEnvironmentVariable("PATH");
        start.Environment.Clear();
        start.Environment["PATH"] = path;
        start.Environment["LANG"] = "C.UTF-8";
        return start;
    }

    /// <summary>Runs a program to its end and returns what it printed; throws with that text when it fails.</summary>
    public static async Task<string> RunAsync(
        IReadOnlyList<string> command, IReadOnlyDictionary<string, string>? environment = null, CancellationToken cancel = default)
    {
        var start = StartInfo(command);
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(cancel);
            var error = process.StandardError.ReadToEndAsync(cancel);
            await process.WaitForExitAsync(cancel);
            var text = await output + await error;
            return process.ExitCode == 0
                ? text
                : throw new InvalidOperationException($"{string.Join(' ', command)} ended with {process.ExitCode}: {text}");
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
    }

    private static string Find()
    {
        var versions = Directory.Exists("/usr/lib/postgresql")
            ? Directory.GetDirectories("/usr/lib/postgresql")
                .OrderByDescending(folder => int.TryParse(Path.GetFileName(folder), out var version) ? version : 0)
                .Select(folder => Path.Combine(folder, "bin"))
            : [];
        return versions.Prepend(PreferredBinDir).Concat(FromPgConfig())
                .FirstOrDefault(folder => File.Exists(Path.Combine(folder, "initdb")) && File.Exists(Path.Combine(folder, "postgres")))
            ?? throw new InvalidOperationException(
                "PostgreSQL's programs (initdb, postgres) were not found. Run tests/run.sh, which installs them.");
    }

    private static IEnumerable<string> FromPgConfig()
    {
        var onPath = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .Select(folder => Path.Combine(folder, "pg_config"))
            .FirstOrDefault(File.Exists);
        if (onPath is null)
        {
            yield break;
        }

        var start = StartInfo([onPath, "--bindir"]);
        start.RedirectStandardOutput = true;
        using var process = Process.Start(start)!;
        yield return process.StandardOutput.ReadToEnd().Trim();
    }
}
