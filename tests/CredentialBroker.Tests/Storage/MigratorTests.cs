using CredentialBroker.Approvals;
using CredentialBroker.TestInfra;

namespace CredentialBroker.Storage;

public sealed class MigratorTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>, IDisposable
{
    private readonly HeldClock _clock = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("migrator").FullName;

    [Fact]
    public async Task Ten_that_start_together_migrate_an_empty_store_once()
    {
        var connection = await postgres.NewDatabaseAsync();
        var stores = Enumerable.Range(0, 10).Select(_ => On(connection)).ToList();
        var applied = await Task.WhenAll(stores.Select(s => Task.Run(() => new Migrator(s, _clock).MigrateAsync(default))));

        await using var versions = On(connection);
        Assert.Equal(await CountAsync(versions, "schema_versions"), applied.Sum());
        Assert.Equal(1, await CountAsync(versions, "broker"));
        var names = await Task.WhenAll(stores.Select(s => new Migrator(s, _clock).ReadBrokerIdAsync(default)));
        Assert.Equal(6, Assert.Single(names.Distinct()).Length);
        foreach (var store in stores) await store.DisposeAsync();
    }

    [Theory, InlineData("sqlite"), InlineData("postgres")]
    public async Task A_second_start_changes_nothing(string provider)
    {
        await using var store = await NewAsync(provider);
        var migrator = new Migrator(store, _clock);
        Assert.True(await migrator.MigrateAsync(default) > 0);
        var name = await migrator.ReadBrokerIdAsync(default);
        Assert.Equal(0, await migrator.MigrateAsync(default));
        Assert.Equal(name, await migrator.ReadBrokerIdAsync(default));
        Assert.Equal(1, await CountAsync(store, "control_epoch"));
    }

    [Theory, InlineData("sqlite"), InlineData("postgres")]
    public async Task A_newer_store_is_refused_untouched_and_left_unlocked(string provider)
    {
        await using var store = await NewAsync(provider);
        var migrator = new Migrator(store, _clock);
        await migrator.MigrateAsync(default);
        await RunAsync(store, "INSERT INTO schema_versions (version, applied_at) VALUES (999, 0)");

        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => migrator.MigrateAsync(default));
        Assert.Contains("999", refused.Message, StringComparison.Ordinal);
        await RunAsync(store, "DELETE FROM schema_versions WHERE version = 999");
        Assert.Equal(0, await migrator.MigrateAsync(default));
    }

    [Fact]
    public async Task The_files_of_an_embedded_store_are_its_users_alone()
    {
        var folder = Path.Combine(_folder, "new");
        await using var store = new SqliteStore(new StorageOptions { Folder = folder });
        await using (store.OpenWriter()) { }
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(folder));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(folder, "credbroker.db")));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static PostgresStore On(string connection) => new(new StorageOptions { Provider = "postgres", ConnectionString = connection, ReadConnections = 1, ControlConnections = 1 });

    private async Task<Store> NewAsync(string provider) =>
        provider == "sqlite" ? new SqliteStore(new StorageOptions { Folder = _folder }) : On(await postgres.NewDatabaseAsync());

    private static async Task<long> CountAsync(Store store, string table) =>
        (await store.ListAsync(Pool.Control, new Statement($"SELECT count(*) FROM {table}"), row => row.GetInt64(0), default))[0];

    private static async Task RunAsync(Store store, string sql)
    {
        await using var connection = store.OpenWriter();
        await Statements.RunAsync(connection, [new Statement(sql)], default);
    }
}
