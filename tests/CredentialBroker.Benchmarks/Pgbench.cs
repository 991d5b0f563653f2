using System.Globalization;
using System.Text.RegularExpressions;
using CredentialBroker.TestInfra;
using Npgsql;

namespace CredentialBroker.Benchmarks;

/// <param name="Tps">Transactions per second, without the time to connect.</param>
/// <param name="LatencyMs">Mean time of one transaction, in milliseconds.</param>
internal sealed record PgbenchResult(double Tps, double LatencyMs);

/// <summary>PostgreSQL's own load generator: what this server gives when nothing of ours is in between.</summary>
internal sealed partial class Pgbench(PostgresServer server, string database = "postgres", string user = "postgres")
{
    private const string OneRow = "INSERT INTO pgbench_commits (payload) VALUES ('0123456789abcdef0123456789abcdef');";

    /// <summary>Transactions of one inserted row each: the rate of durable commits.</summary>
    public async Task<PgbenchResult> CommitsAsync(int clients, int seconds)
    {
        await ExecuteAsync(
            "CREATE TABLE IF NOT EXISTS pgbench_commits (id bigint GENERATED ALWAYS AS IDENTITY, payload text); TRUNCATE pgbench_commits");
        return await RunScriptAsync(OneRow, clients, seconds);
    }

    /// <summary>Runs a script, which is one transaction per statement unless it says BEGIN, with prepared statements.</summary>
    public Task<PgbenchResult> RunScriptAsync(string script, int clients, int seconds) =>
        RunAsync(script, clients, "-M", "prepared", "-T", Text(seconds));

    /// <summary>
    /// Runs a script a number of times per client, as text: names may hold <c>:client_id</c> and <c>:n</c>, which counts a
    /// client's transactions when the script adds one to it.
    /// </summary>
    public Task<PgbenchResult> RunTimesAsync(string script, int clients, int times) =>
        RunAsync(script, clients, "-M", "simple", "-D", "n=0", "-t", Text(times));

    private async Task<PgbenchResult> RunAsync(string script, int clients, params string[] how)
    {
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, script);
            // The user that runs pgbench may be another one than the owner of the file.
            File.SetUnixFileMode(file, File.GetUnixFileMode(file) | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
            var output = await PostgresPrograms.RunAsync(
                [
                    .. PostgresPrograms.AsUser(), Path.Combine(server.BinDir, "pgbench"),
                    "-h", "127.0.0.1", "-p", Text(server.Port), "-U", user, "-n", "-f", file,
                    "-c", Text(clients), "-j", Text(Math.Min(2, clients)), .. how,
                    // Last and bare: before PostgreSQL 17, -d asks for debugging output, which takes a quarter of the machine.
                    database,
                ],
                new Dictionary<string, string> { ["PGPASSWORD"] = server.Password });
            return Parse(output);
        }
        finally
        {
            File.Delete(file);
        }
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(server.SuperuserConnectionString(database));
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
#pragma warning disable CA2100 // The statement is a constant of this file.
        command.CommandText = sql;
#pragma warning restore CA2100
        await command.ExecuteNonQueryAsync();
    }

    private static PgbenchResult Parse(string output)
    {
        var tps = Tps().Match(output);
        var latency = Latency().Match(output);
        return tps.Success && latency.Success && !output.Contains("Run was aborted", StringComparison.Ordinal)
            ? new PgbenchResult(Number(tps), Number(latency))
            : throw new InvalidOperationException("pgbench failed: " + output);
    }

    private static double Number(Match match) => double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture);

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^tps = ([0-9.]+)", RegexOptions.Multiline)]
    private static partial Regex Tps();

    [GeneratedRegex(@"^latency average = ([0-9.]+) ms", RegexOptions.Multiline)]
    private static partial Regex Latency();
}
