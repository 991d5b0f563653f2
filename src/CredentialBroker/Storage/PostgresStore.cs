using System.Data.Common;
using Npgsql;

namespace CredentialBroker.Storage;

internal sealed class PostgresStore : Store
{
    /// <summary>
    /// What issues and what writes are the same few texts, and look up by key what they are about. A plan that was cached
    /// while the tables were small would read all leases at every commit, and planning anew costs more than running.
    /// </summary>
    private const string KeyedPlans = "-c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off -c jit=off -c plan_cache_mode=force_generic_plan";

    private readonly NpgsqlDataSource _issuing;
    private readonly NpgsqlDataSource _control;
    private readonly NpgsqlDataSource _writers;

    public PostgresStore(StorageOptions options)
    {
        var text = new NpgsqlConnectionStringBuilder(options.ConnectionString)
        {
            MaxAutoPrepare = 512,
            AutoPrepareMinUsages = 2,
            CommandTimeout = 10,
            Timeout = 5,
            IncludeErrorDetail = false,
            // A server that vanished without a word is noticed by the command timeout, and its socket by keep-alive.
            TcpKeepAlive = true,
            CancellationTimeout = 2000,
        };
        if (options.PasswordFile is not null) text.Password = File.ReadLines(options.PasswordFile).First().Trim();

        _issuing = Build(text, "issuing", options.ReadConnections, pooled: true);
        _control = Build(text, "control", options.ControlConnections, pooled: true);
        _writers = Build(text, "journal", 1, pooled: false);
    }

    public override Dialect Dialect { get; } = new PostgresDialect();

    protected override ValueTask ReturnAsync(DbConnection connection) => connection.DisposeAsync();

    protected override async ValueTask<DbConnection> BorrowAsync(Pool pool, CancellationToken cancel) =>
        await (pool == Pool.Issuing ? _issuing : _control).OpenConnectionAsync(cancel);

    public override DbConnection OpenWriter() => _writers.OpenConnection();

    public override async ValueTask DisposeAsync()
    {
        await _issuing.DisposeAsync();
        await _control.DisposeAsync();
        await _writers.DisposeAsync();
    }

    private static NpgsqlDataSource Build(NpgsqlConnectionStringBuilder text, string role, int size, bool pooled)
    {
        var own = new NpgsqlConnectionStringBuilder(text.ConnectionString)
        {
            ApplicationName = $"credbroker {role}",
            Pooling = pooled,
        };
        if (pooled)
        {
            own.MaxPoolSize = size;
            // Nothing here changes a session, so that there is nothing to reset: seven statements less for every read.
            own.NoResetOnClose = true;
            // Statements on the issuing path are the same few texts, and planning one anew costs more than running it.
            if (role == "issuing") own.Options = $"{own.Options} -c plan_cache_mode=force_generic_plan".Trim();
        }

        if (!pooled)
        {
            // A batch goes out at once, and wakes the database once.
            own.WriteBufferSize = 128 * 1024;
            // A replica whose machine vanished between two round trips must not keep its locks from the others.
            own.Options = $"{own.Options} -c idle_in_transaction_session_timeout=30s".Trim();
        }

        // What people ask is counted over everything there is: in memory, and without compiling each question first.
        own.Options = $"{own.Options} {(role == "control" ? "-c jit=off -c work_mem=32MB" : KeyedPlans)}".Trim();
        return new NpgsqlDataSourceBuilder(own.ConnectionString).Build();
    }
}
