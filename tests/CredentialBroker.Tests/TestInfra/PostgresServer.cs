using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using Npgsql;

namespace CredentialBroker.TestInfra;

/// <summary>
/// A real PostgreSQL on a loopback port, durable as in production (fsync on), started by the tests and gone with them:
/// the kernel ends it even when the test process is killed.
/// </summary>
public sealed class PostgresServer : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(30);
    private readonly PostgresFolder _folder;
    private readonly string _password = RandomNumberGenerator.GetHexString(32, lowercase: true);
    private int _databases;
    private PostgresProcess? _process;

    private PostgresServer(PostgresFolder folder) => _folder = folder;

    public string BinDir { get; } = PostgresPrograms.BinDir;

    public string DataDir => Path.Combine(_folder.Path, "data");

    public string LogFile => Path.Combine(_folder.Path, "server.log");

    public string Password => _password;

    public int Port { get; private set; }

    public static async Task<PostgresServer> StartAsync(CancellationToken cancel = default)
    {
        // Named first, so that missing programs are told before anything is made.
        _ = PostgresPrograms.BinDir;
        var server = new PostgresServer(PostgresFolder.Create());
        try
        {
            await server.InitializeAsync(cancel);
            for (var attempt = 1; ; attempt++)
            {
                server.Port = LoopbackPorts.FindFree();
                if (await server.TryStartProcessAsync(cancel))
                {
                    return server;
                }

                // Another process took the port between our look and PostgreSQL's bind.
                if (attempt == 5)
                {
                    throw server.StartFailed();
                }
            }
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>A connection string of the superuser. Idle connections leave the pool soon, since many databases share the server.</summary>
    public string SuperuserConnectionString(string database = "postgres") => new NpgsqlConnectionStringBuilder
    {
        Host = "127.0.0.1",
        Port = Port,
        Username = "postgres",
        Password = _password,
        Database = database,
        IncludeErrorDetail = true,
        ConnectionIdleLifetime = 5,
        ConnectionPruningInterval = 1,
    }.ConnectionString;

    /// <summary>Makes an empty database, or a copy of <paramref name="template"/>, and returns the superuser's connection string to it.</summary>
    public async Task<string> CreateDatabaseAsync(string prefix, string template = "template1")
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"{prefix}_{Interlocked.Increment(ref _databases)}");
        await using var connection = new NpgsqlConnection(SuperuserConnectionString());
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = $"CREATE DATABASE {Quoted(name)} TEMPLATE {Quoted(template)}";
        await command.ExecuteNonQueryAsync();
        return SuperuserConnectionString(name);
    }

    /// <summary>Ends the server in order (clients are disconnected, everything is on disk), or does nothing when it is stopped.</summary>
    public Task StopAsync() => EndAsync("fast");

    /// <summary>Ends the server at once, without a checkpoint, as a crash would; the next start recovers from the log.</summary>
    public Task CrashAsync() => EndAsync("immediate");

    /// <summary>Starts the stopped server again on the same port with the same data.</summary>
    public async Task StartAgainAsync()
    {
        if (_process is not null)
        {
            throw new InvalidOperationException("The server is running.");
        }

        if (!await TryStartProcessAsync(CancellationToken.None))
        {
            throw StartFailed();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _folder.Dispose();
    }

    private static string Quoted(string name) => '"' + name.Replace("\"", "\"\"", StringComparison.Ordinal) + '"';

    private async Task InitializeAsync(CancellationToken cancel)
    {
        var passwordFile = Path.Combine(_folder.Path, "password");
        File.Create(passwordFile).Dispose();
        File.SetUnixFileMode(passwordFile, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        await File.WriteAllTextAsync(passwordFile, _password, cancel);
        Directory.CreateDirectory(DataDir, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        if (PostgresPrograms.RunsAsRoot)
        {
            await PostgresPrograms.RunAsync(["chown", "postgres:postgres", DataDir, passwordFile], cancel: cancel);
        }

        await PostgresPrograms.RunAsync(
            [
                .. PostgresPrograms.AsUser(), Path.Combine(BinDir, "initdb"), "-D", DataDir, "-U", "postgres", "--auth=scram-sha-256",
                "--pwfile=" + passwordFile, "-E", "UTF8", "--locale=C.UTF-8", "--no-instructions",
            ],
            cancel: cancel);
        File.Delete(passwordFile);
    }

    private async Task<bool> TryStartProcessAsync(CancellationToken cancel)
    {
        var process = PostgresProcess.Start(
            [
                Path.Combine(BinDir, "postgres"), "-D", DataDir, "-p", Port.ToString(CultureInfo.InvariantCulture),
                "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "fsync=on",
                "-c", "max_connections=200", "-c", "max_prepared_transactions=10",
            ],
            LogFile);
        var began = Stopwatch.GetTimestamp();
        while (!process.Exited.IsCompleted)
        {
            if (await AnswersAsync(cancel))
            {
                _process = process;
                return true;
            }

            if (cancel.IsCancellationRequested || Stopwatch.GetElapsedTime(began) > StartLimit)
            {
                await process.KillAsync();
                cancel.ThrowIfCancellationRequested();
            }

            await Task.WhenAny(process.Exited, Task.Delay(TimeSpan.FromMilliseconds(25), CancellationToken.None));
        }

        return false;
    }

    private async Task<bool> AnswersAsync(CancellationToken cancel)
    {
        // The random password makes sure that it is this server that answers, and not another one on the same port.
        var unpooled = new NpgsqlConnectionStringBuilder(SuperuserConnectionString()) { Pooling = false, Timeout = 2 };
        try
        {
            await using var connection = new NpgsqlConnection(unpooled.ConnectionString);
            await connection.OpenAsync(cancel);
            return true;
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException or OperationCanceledException)
        {
            return false;
        }
    }

    private async Task EndAsync(string mode)
    {
        if (_process is not { } process)
        {
            return;
        }

        _process = null;
        try
        {
            await PostgresPrograms.RunAsync(
                [.. PostgresPrograms.AsUser(), Path.Combine(BinDir, "pg_ctl"), "-D", DataDir, "-m", mode, "-W", "stop"]);
            await process.Exited.WaitAsync(StopLimit);
        }
        catch (Exception e) when (e is InvalidOperationException or TimeoutException)
        {
            await process.KillAsync();
        }
    }

    private InvalidOperationException StartFailed() =>
        new($"PostgreSQL did not start on port {Port}: {(File.Exists(LogFile) ? File.ReadAllText(LogFile) : "no log was written")}");
}
