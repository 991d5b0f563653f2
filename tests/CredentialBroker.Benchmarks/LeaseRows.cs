using System.Globalization;
using CredentialBroker.Storage;
using CredentialBroker.TestInfra;
using Npgsql;

namespace CredentialBroker.Benchmarks;

/// <summary>Leases put into a store by the hundred thousand, as the broker would have left them.</summary>
internal sealed class LeaseRows : IAsyncDisposable
{
    private readonly string? _password;

    private LeaseRows(Store store, string? password) => (Store, _password) = (store, password);

    public Store Store { get; }

    /// <param name="connection">Connection string of a PostgreSQL database, or null for the folder's SQLite file.</param>
    public static async Task<LeaseRows> OpenAsync(SceneFolder folder, string? connection)
    {
        var rows = connection is null
            ? new LeaseRows(new SqliteStore(new StorageOptions { Folder = Path.Combine(folder.Path, "data") }), null)
            : Postgres(connection);
        await new Migrator(rows.Store, TimeProvider.System).MigrateAsync(CancellationToken.None);
        return rows;
    }

    /// <summary>Adds active <c>signed-token</c> leases that end at one moment, ten to an instance.</summary>
    /// <param name="batch">Begins their ids, so that several lots differ.</param>
    /// <param name="template">Whose leases they are.</param>
    public async Task AddAsync(string batch, int count, long endsAt, string template = "token")
    {
        // In slices: no statement of a store's writer may take longer than ten seconds.
        for (var slice = 0; slice * Slice < count; slice++) await AddSliceAsync($"{batch}{slice}", Math.Min(Slice, count - (slice * Slice)), endsAt, template);
        // As in a store that has stood for a while.
        await RunAsync(_password is null ? "ANALYZE" : "VACUUM ANALYZE");
    }

    private async Task AddSliceAsync(string batch, int count, long endsAt, string template)
    {
        var now = TimeProvider.System.NowMs();
        await RunAsync($"""
            INSERT INTO workloads (id, source, kind, uri, subject, instance, cluster, namespace, service_account, pod, node, strength, attributes, seen_at)
            {Numbers}
            SELECT @batch || 'w' || i, 'cluster', 'kubernetes', 'k8s://cluster/shop/checkout', 'system:serviceaccount:shop:checkout', @batch || 'pod' || i,
                'cluster', 'shop', 'checkout', 'checkout-0', 'node-1', 2, @empty, @now FROM n
            """, ("batch", batch), ("count", Math.Max(1, count / 10)), ("empty", "{}"), ("now", now));
        await RunAsync($"""
            INSERT INTO leases (id, state, template, template_revision, backend, target, environment, workload_id, task, approval_id, decision_id, created_at,
                ends_at, ends_because, max_ends_at, dies_by, handle, fingerprint, revocability, op_id, op_settles_at, due_at, claim_owner, attempts, last_error, cause, ended_at)
            {Numbers}
            SELECT @batch || 'l' || (100000000 + i), 2, @template, 'revision', 'signed-token', 'internal', 'test', @batch || 'w' || (1 + i / 10 % @instances), @batch || 'task' || (i / 10),
                @batch || 'a' || (i / 10), @batch || 'd' || i, @now, @ends, 'expired', @ends, @ends, @handle, 'fingerprint' || i, 2, NULL, NULL, @ends, NULL, 0, NULL, NULL, NULL FROM n
            """, ("batch", batch), ("count", count), ("instances", Math.Max(1, count / 10)), ("now", now), ("ends", endsAt), ("template", template),
            ("handle", """{"v":1,"target":"internal","jti":"0123456789abcdefghjkmnpqrs","n":"0"}"""));
    }

    public async ValueTask DisposeAsync()
    {
        await Store.DisposeAsync();
        if (_password is not null) File.Delete(_password);
    }

    private const int Slice = 100_000;

    private const string Numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < @count)";

    private static LeaseRows Postgres(string connection)
    {
        var text = new NpgsqlConnectionStringBuilder(connection);
        var password = Path.GetTempFileName();
        File.WriteAllText(password, text.Password);
        text.Password = null;
        return new LeaseRows(new PostgresStore(new StorageOptions { Provider = "postgres", ConnectionString = text.ConnectionString, PasswordFile = password }), password);
    }

    private async Task RunAsync(string sql, params (string Name, object? Value)[] values)
    {
        await using var connection = Store.OpenWriter();
        await Statements.RunAsync(connection, [new Statement(sql) { Values = values }], CancellationToken.None);
    }

    public static string Count(long number) => number.ToString("N0", CultureInfo.InvariantCulture);
}
