using CredentialBroker.Sidecar.Configuration;

namespace CredentialBroker.Sidecar.FrontEnds.Postgres;

/// <summary>A password file and a connection service file for PostgreSQL's clients.</summary>
internal sealed class PostgresOptions
{
    /// <summary>The leases, of backend `postgres`. Each becomes a service of its name, for `PGSERVICE`.</summary>
    public List<string> Leases { get; set; } = [];

    /// <summary>Folder in memory for `pgpass` and `pg_service.conf`.</summary>
    public string Folder { get; set; } = "";

    /// <summary>Lets the folder be on a disk.</summary>
    public bool OnDisk { get; set; }

    public void Validate(Mistakes mistakes, IReadOnlyDictionary<string, LeaseOptions> leases)
    {
        mistakes.Demand(Leases.Count > 0, nameof(Leases), "name at least one lease");
        foreach (var lease in Leases) mistakes.DemandLease(lease, nameof(Leases), leases);
        MemoryFolder.Demand(mistakes, nameof(Folder), Folder, OnDisk);
    }
}
