using System.Reflection;

namespace CredentialBroker.Storage;

/// <summary>Brings the schema to this version, under a lock, so that ten replicas may start together.</summary>
internal sealed class Migrator(Store store, TimeProvider clock)
{
    private const long LockKey = 0x63726564_62726f6b;

    /// <summary>Applies what is missing, each version in its own transaction with its mark, and names the broker once.</summary>
    /// <returns>How many versions were applied.</returns>
    /// <exception cref="InvalidOperationException">The store is newer than this program.</exception>
    public async Task<int> MigrateAsync(CancellationToken cancel)
    {
        await using var connection = store.OpenWriter();
        var applied = 0;
        foreach (var (version, sql) in Versions())
        {
            await RunAsync(new Statement(store.Dialect.Begin));
            if (store.Dialect.Lock([LockKey]) is { } wait) await RunAsync(wait);
            await RunAsync(new Statement("CREATE TABLE IF NOT EXISTS schema_versions (version bigint PRIMARY KEY, applied_at bigint NOT NULL)"));
            long newest = 0;
            await RunAsync(new Statement("SELECT coalesce(max(version), 0) FROM schema_versions") { Row = row => newest = row.GetInt64(0) });
            if (newest > Versions()[^1].Version)
            {
                throw new InvalidOperationException($"the store has schema version {newest}, newer than this program's {Versions()[^1].Version}: start a newer program");
            }

            if (newest < version)
            {
                foreach (var statement in Split(sql)) await RunAsync(new Statement(statement));
                await RunAsync(new Statement("INSERT INTO schema_versions (version, applied_at) VALUES (@version, @now)")
                {
                    Values = [("version", version), ("now", clock.NowMs())],
                });
                if (version == 1) await NameBrokerAsync();
                applied++;
            }

            await RunAsync(new Statement("COMMIT"));
        }

        return applied;

        Task RunAsync(Statement statement) => Statements.RunAsync(connection, [statement], cancel);

        Task NameBrokerAsync() => RunAsync(new Statement("INSERT INTO broker (id, broker_id, created_at) VALUES (1, @broker, @now)")
        {
            // The last characters of an id are its random ones.
            Values = [("broker", Protocol.Ids.New(clock)[^6..]), ("now", clock.NowMs())],
        });
    }

    /// <summary>Six characters in every name and tag this broker makes at a target.</summary>
    public async Task<string> ReadBrokerIdAsync(CancellationToken cancel) =>
        (await store.ListAsync(Pool.Control, new Statement("SELECT broker_id FROM broker WHERE id = 1"), row => row.GetString(0), cancel))[0];

    private static List<(long Version, string Sql)> Versions()
    {
        var assembly = Assembly.GetExecutingAssembly();
        return [.. assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith("Migrations/", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .Select(name => (long.Parse(Path.GetFileNameWithoutExtension(name), null), Read(assembly, name)))];
    }

    private static string Read(Assembly assembly, string name)
    {
        using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
        return reader.ReadToEnd();
    }

    /// <summary>The migration files hold plain statements: no semicolon inside a literal or a comment.</summary>
    private static IEnumerable<string> Split(string sql) =>
        string.Join('\n', sql.Split('\n').Where(line => !line.TrimStart().StartsWith("--", StringComparison.Ordinal)))
            .Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
}
