using Npgsql;

namespace CredentialBroker.Backends.Postgres;

/// <summary>Operator configuration <c>Targets:Postgres:{name}</c>: one server, and what templates may choose there.</summary>
internal sealed record PostgresTarget
{
    /// <summary>The server's name or address; told to workloads too.</summary>
    public string Host { get; init; } = "";
    /// <summary>The server's port.</summary>
    public int Port { get; init; } = 5432;
    /// <summary>The database that leases are told to connect to, and where the broker makes roles.</summary>
    public string Database { get; init; } = "";
    /// <summary>Further databases in which a lease may come to own something.</summary>
    public IReadOnlyList<string> Databases { get; init; } = [];
    /// <summary>The broker's login; must be no superuser.</summary>
    public string Username { get; init; } = "";
    /// <summary>Read at every new connection, so that a changed password needs no restart. Absent for certificate or peer login.</summary>
    public string? PasswordFile { get; init; }
    /// <summary>PEM file of the broker's client certificate.</summary>
    public string? ClientCertificateFile { get; init; }
    /// <summary>PEM file of that certificate's private key.</summary>
    public string? ClientKeyFile { get; init; }
    /// <summary>PEM file of the authorities that may have signed the server's certificate.</summary>
    public string? RootCertificateFile { get; init; }
    /// <summary>libpq's word; told to workloads too.</summary>
    public string SslMode { get; init; } = "verify-full";
    /// <summary>What the broker's own sessions are called at the server.</summary>
    public string ApplicationName { get; init; } = "credential-broker";
    /// <summary>Group roles that templates may choose.</summary>
    public IReadOnlyList<string> AllowedGroups { get; init; } = [];
    /// <summary>The role that inherits what a lease created.</summary>
    public string ObjectOwner { get; init; } = "";
    /// <summary>SCRAM iterations of lease passwords; each costs the server time at every login.</summary>
    public int ScramIterations { get; init; } = ScramVerifier.UsualIterations;
    /// <summary>Accepts fewer SCRAM iterations than several drivers demand.</summary>
    public bool AllowWeakScram { get; init; }
    /// <summary>Connections for making and extending leases, per database.</summary>
    public int MaxConnections { get; init; } = 4;
    /// <summary>A pool of its own for ending, per database, so that minting never keeps ending waiting.</summary>
    public int EndingConnections { get; init; } = 4;
    /// <summary>Lease roles that may exist at once: no more than can be ended in time.</summary>
    public int MaxLeases { get; init; } = 1000;
    /// <summary>How long connecting may take.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(5);

    public IEnumerable<string> AllDatabases => Databases.Prepend(Database).Distinct(StringComparer.Ordinal);

    public SslMode NpgsqlSslMode => SslModes[SslMode];

    public static readonly IReadOnlyDictionary<string, SslMode> SslModes = new Dictionary<string, SslMode>
    {
        ["disable"] = Npgsql.SslMode.Disable,
        ["allow"] = Npgsql.SslMode.Allow,
        ["prefer"] = Npgsql.SslMode.Prefer,
        ["require"] = Npgsql.SslMode.Require,
        ["verify-ca"] = Npgsql.SslMode.VerifyCA,
        ["verify-full"] = Npgsql.SslMode.VerifyFull,
    };

    public IEnumerable<string> Validate(string path) => PostgresTargetRules.Check(this, path);
}
