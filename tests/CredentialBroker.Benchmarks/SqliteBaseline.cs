using System.Diagnostics;
using Microsoft.Data.Sqlite;

namespace CredentialBroker.Benchmarks;

/// <summary>What the embedded store gives when nothing of ours is in between: commits of one row, each synced to disk.</summary>
internal static class SqliteBaseline
{
    private static readonly Lazy<bool> Provider = new(() =>
    {
        SQLitePCL.Batteries_V2.Init();
        return true;
    });

    /// <summary>One-row commits per second of a single writer with WAL and <c>synchronous=FULL</c>, in a new file in the folder.</summary>
    public static Task<double> CommitsPerSecondAsync(string folder, int seconds) => Task.Run(() =>
    {
        _ = Provider.Value;
        var file = Path.Combine(folder, Path.GetRandomFileName() + ".db");
        try
        {
            return Measure(file, TimeSpan.FromSeconds(seconds));
        }
        finally
        {
            foreach (var suffix in new[] { "", "-wal", "-shm" })
            {
                File.Delete(file + suffix);
            }
        }
    });

    private static double Measure(string file, TimeSpan length)
    {
        using var connection = new SqliteConnection($"Data Source={file};Pooling=False");
        connection.Open();
        using (var setup = connection.CreateCommand())
        {
            setup.CommandText = """
                PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;
                CREATE TABLE commits (id INTEGER PRIMARY KEY, payload TEXT);
                """;
            setup.ExecuteNonQuery();
        }

        using var insert = connection.CreateCommand();
        insert.CommandText = "INSERT INTO commits (payload) VALUES ('0123456789abcdef0123456789abcdef')";
        insert.Prepare();
        var commits = 0;
        var began = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(began) < length)
        {
            insert.ExecuteNonQuery();
            commits++;
        }

        return commits / Stopwatch.GetElapsedTime(began).TotalSeconds;
    }
}
