using System.Collections.Concurrent;
using CredentialBroker.Protocol;
using Npgsql;

namespace CredentialBroker.Backends.Postgres;

/// <summary>
/// The broker's connections to its targets: one pool for minting and, per database, one for ending, so that neither
/// waits for the other. Every session resolves names in <c>pg_catalog</c> only: what a lease created must not be called
/// by the broker's own statements.
/// </summary>
internal sealed class PostgresConnections(IReadOnlyDictionary<string, PostgresTarget> targets) : IAsyncDisposable
{
    /// <summary>No statement of a mint or renewal runs longer at the target.</summary>
    public static readonly TimeSpan MintStatement = TimeSpan.FromSeconds(5);

    /// <summary>Handing over what a lease created may take long; a lock that somebody holds is not waited for that long.</summary>
    public static readonly TimeSpan EndStatement = TimeSpan.FromSeconds(20);

    private static readonly TimeSpan Lock = TimeSpan.FromSeconds(3);
    private readonly ConcurrentDictionary<(string Target, string Database, bool Ending), Lazy<NpgsqlDataSource>> _pools = new();

    public IReadOnlyDictionary<string, PostgresTarget> Targets => targets;

    public ValueTask<NpgsqlConnection> OpenMintingAsync(string target, CancellationToken cancel) =>
        PoolOf(target, targets[target].Database, ending: false).OpenConnectionAsync(cancel);

    public ValueTask<NpgsqlConnection> OpenEndingAsync(string target, string database, CancellationToken cancel) =>
        PoolOf(target, database, ending: true).OpenConnectionAsync(cancel);

    public async ValueTask DisposeAsync()
    {
        foreach (var pool in _pools.Values) await pool.Value.DisposeAsync();
    }

    /// <summary>A login of its own, kept in no pool.</summary>
    public string AsWorkload(string target, string username, string password)
    {
        var options = Of(target);
        return new NpgsqlConnectionStringBuilder
        {
            Host = options.Host,
            Port = options.Port,
            Database = options.Database,
            Username = username,
            Password = password,
            SslMode = options.NpgsqlSslMode,
            RootCertificate = options.RootCertificateFile,
            GssEncryptionMode = GssEncryptionMode.Disable,
            ApplicationName = options.ApplicationName,
            Pooling = false,
            Timeout = (int)options.ConnectTimeout.TotalSeconds,
            CommandTimeout = (int)MintStatement.TotalSeconds,
            Enlist = false,
        }.ConnectionString;
    }

    private NpgsqlDataSource PoolOf(string target, string database, bool ending) =>
        _pools.GetOrAdd((target, database, ending), key => new Lazy<NpgsqlDataSource>(() => Build(targets[key.Target], key.Database, key.Ending))).Value;

    private static NpgsqlDataSource Build(PostgresTarget target, string database, bool ending)
    {
        var statement = ending ? EndStatement : MintStatement;
        var builder = new NpgsqlDataSourceBuilder(new NpgsqlConnectionStringBuilder
        {
            Host = target.Host,
            Port = target.Port,
            Database = database,
            Username = target.Username,
            SslMode = target.NpgsqlSslMode,
            RootCertificate = target.RootCertificateFile,
            SslCertificate = target.ClientCertificateFile,
            SslKey = target.ClientKeyFile,
            GssEncryptionMode = GssEncryptionMode.Disable,
            ApplicationName = target.ApplicationName,
            MaxPoolSize = ending ? target.EndingConnections : target.MaxConnections,
            ConnectionIdleLifetime = 60,
            // Looking for sessions and leftovers is the same few texts each time, and planning them costs more than running
            // them. What names a role comes once and is never prepared.
            MaxAutoPrepare = 16,
            AutoPrepareMinUsages = 2,
            Timeout = (int)target.ConnectTimeout.TotalSeconds,
            // The target stops the statement first; the client's own limit is for a target that went silent.
            CommandTimeout = (int)statement.TotalSeconds + 2,
            CancellationTimeout = 1000,
            IncludeErrorDetail = false,
            Enlist = false,
            Options = $"-c search_path=pg_catalog,pg_temp -c standard_conforming_strings=on -c statement_timeout={(int)statement.TotalMilliseconds}"
                      + $" -c lock_timeout={(int)Lock.TotalMilliseconds} -c idle_in_transaction_session_timeout={(int)statement.TotalMilliseconds}",
        }.ConnectionString);
        // Only built-in types are read, so the catalogue of types need not be.
        builder.ConfigureTypeLoading(types => types.EnableTypeLoading(false));
        if (target.PasswordFile is { } file)
        {
            builder.UsePasswordProvider(
                _ => File.ReadAllText(file).TrimEnd('\r', '\n'),
                async (_, cancel) => (await File.ReadAllTextAsync(file, cancel)).TrimEnd('\r', '\n'));
        }

        return builder.Build();
    }

    public PostgresTarget Of(string target) => targets.TryGetValue(target, out var options)
        ? options
        : throw new BackendException(PostgresBackend.Word, ReasonCodes.EndFailed, $"the target {target} is no longer configured", transient: false);
}
