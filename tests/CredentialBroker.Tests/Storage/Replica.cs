using CredentialBroker.Approvals;
using CredentialBroker.Audit;
using CredentialBroker.Controls;
using CredentialBroker.Leases;
using CredentialBroker.Storage.Journaling;
using CredentialBroker.TestInfra;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace CredentialBroker.Storage;

/// <summary>One replica on a real store, with its journal and audit chain, and a table of things to write to.</summary>
internal sealed class Replica : IAsyncDisposable
{
    public const string Things = "CREATE TABLE things (id text PRIMARY KEY, n bigint NOT NULL, said text)";

    /// <summary>A safety net, never a measure.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly string? _folder;

    private Replica(StorageOptions options, TimeProvider clock, string? folder)
    {
        _folder = folder;
        Options = options;
        Clock = clock;
        Store = options.Provider == "sqlite" ? new FaultySqlite(new SqliteStore(options)) : new PostgresStore(options);
        Journal = new Journal(Store, options, clock, NullLogger<Journal>.Instance);
        Chain = new AuditChain(clock) { Writer = Journal.Writer };
        Leases = new LeaseStore(Store);
        Controls = new ControlStore(Store, Journal, Chain, clock);
        Audit = new AuditStore(Store);
    }

    public StorageOptions Options { get; }

    public TimeProvider Clock { get; }

    public Store Store { get; }

    public Journal Journal { get; }

    public AuditChain Chain { get; }

    public LeaseStore Leases { get; }

    public ControlStore Controls { get; }

    public AuditStore Audit { get; }

    public static async Task<Replica> OpenAsync(string provider, PostgresFixture postgres, Func<StorageOptions, StorageOptions>? change = null, TimeProvider? clock = null)
    {
        if (provider == "sqlite") return await OpenSqliteAsync(change, clock);
        return await OnAsync(await postgres.NewDatabaseAsync("journal", PrepareAsync), change, clock);
    }

    /// <summary>A replica on a PostgreSQL that <see cref="PrepareAsync"/> prepared.</summary>
    public static Task<Replica> OnAsync(string connection, Func<StorageOptions, StorageOptions>? change = null, TimeProvider? clock = null)
    {
        var options = new StorageOptions { Provider = "postgres", ConnectionString = connection, ReadConnections = 2, ControlConnections = 2 };
        return StartAsync(new Replica(change?.Invoke(options) ?? options, clock ?? new HeldClock(), null));
    }

    public static async Task PrepareAsync(string connection)
    {
        await using var store = new PostgresStore(new StorageOptions { Provider = "postgres", ConnectionString = connection });
        await new Migrator(store, new HeldClock()).MigrateAsync(default);
        await ExecuteAsync(store, Things);
        await using var pooled = new NpgsqlConnection(connection);
        NpgsqlConnection.ClearPool(pooled);
    }

    /// <summary>Another process on the same store: beside this one on PostgreSQL, after this one on SQLite.</summary>
    public Task<Replica> AnotherAsync(TimeProvider? clock = null, Func<StorageOptions, StorageOptions>? change = null) =>
        StartAsync(new Replica(change?.Invoke(Options) ?? Options, clock ?? Clock, null));

    public async Task<string?> CodeAsync(params Work[] works) => (await CommitAsync(works))?.Code;

    public Task<Refusal?> CommitAsync(params Work[] works) => Journal.CommitAsync(Lane.Issuing, works).WaitAsync(Patience);

    /// <summary>Commits units that wait together, in order, so that those which may share a batch do.</summary>
    public async Task<List<string?>> TogetherAsync(params Work[][] units)
    {
        var stall = await Stall.BeginAsync(Journal);
        var outcomes = units.Select(u => Journal.CommitAsync(Lane.Control, u)).ToArray();
        await stall.EndAsync();
        return [.. (await Task.WhenAll(outcomes).WaitAsync(Patience)).Select(r => r?.Code)];
    }

    public static PlainWrite Thing(string id, long n = 0, string? said = null) =>
        new("INSERT INTO things (id, n, said) VALUES (@id, @n, @said)", ("id", id), ("n", n), ("said", said));

    public Task<long> ThingsAsync() => NumberAsync("SELECT count(*) FROM things");

    public async Task<List<string>> ThingIdsAsync() =>
        await Store.ListAsync(Pool.Control, new Statement("SELECT id FROM things ORDER BY n, id"), row => row.GetString(0), default);

    public Task<long> BatchAsync() => NumberAsync($"SELECT batch FROM journal_writers WHERE writer = '{Journal.Writer}'");

    public async Task<long> NumberAsync(string sql) =>
        (await Store.ListAsync(Pool.Control, new Statement(sql), row => row.GetInt64(0), default))[0];

    public Task ExecuteAsync(string sql, params (string, object?)[] values) => ExecuteAsync(Store, sql, values);

    public async ValueTask DisposeAsync()
    {
        await Journal.DisposeAsync().AsTask().WaitAsync(Patience);
        await Store.DisposeAsync();
        if (_folder is not null) Directory.Delete(_folder, recursive: true);
    }

    private static async Task<Replica> OpenSqliteAsync(Func<StorageOptions, StorageOptions>? change, TimeProvider? clock)
    {
        var folder = Directory.CreateTempSubdirectory("journal").FullName;
        var options = new StorageOptions { Folder = folder };
        var replica = new Replica(change?.Invoke(options) ?? options, clock ?? new HeldClock(), folder);
        await new Migrator(replica.Store, replica.Clock).MigrateAsync(default);
        await replica.ExecuteAsync(Things);
        return await StartAsync(replica);
    }

    private static async Task ExecuteAsync(Store store, string sql, params (string, object?)[] values)
    {
        await using var connection = store.OpenWriter();
        await Statements.RunAsync(connection, [new Statement(sql) { Values = values }], default);
    }

    private static async Task<Replica> StartAsync(Replica replica)
    {
        await replica.Journal.StartAsync(default);
        return replica;
    }
}
