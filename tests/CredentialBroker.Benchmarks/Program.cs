using CredentialBroker.Benchmarks;

// One line per benchmark: its name, what it tells, and what runs it.
var benchmarks = new (string Name, string Tells, Func<Task<MarkdownTable>> RunAsync)[]
{
    ("baseline", "what PostgreSQL, SQLite and Kestrel give on this machine by themselves", BaselineBenchmark.RunAsync),
    ("issue-postgres", "durable issuance over HTTP with attestation, on PostgreSQL, to its one-row commits", IssueBenchmark.OnPostgresAsync),
    ("issue-sqlite", "durable issuance over HTTP with attestation, on SQLite, to its one-row commits", IssueBenchmark.OnSqliteAsync),
    ("garbage", "claims beside 100,000 garbage requests a minute, to claims alone, on SQLite", GarbageBenchmark.RunAsync),
    ("attestation", "what proving a workload costs one request, to one bare signature verification", AttestationBenchmark.RunAsync),
    ("postgres-mint", "roles made by the postgres backend, to the same bare statements", RolesBenchmark.MintAsync),
    ("postgres-end", "roles ended by the postgres backend, to the same bare statements", RolesBenchmark.EndAsync),
    ("postgres-roles", "roles made and ended by the postgres backend, to the same bare statements", RolesBenchmark.RunAsync),
    ("vault-leases", "leases at a Vault through the broker, to a bare client making the same calls at the same stand-in", VaultBenchmark.LeasesAsync),
    ("broker-overhead", "what the broker adds to the bare calls of a provider, 16 clients", VaultBenchmark.OverheadAsync),
    ("due", "10,000 leases due at the same moment, until each is ended and audited", DueBenchmark.RunAsync),
    ("incident", "preview and revocation of 100,000 of 1,000,000 leases on PostgreSQL, and issuance meanwhile", IncidentBenchmark.RunAsync),
    ("admission", "500 questions a second of a cluster's API server, half of them recorded, and the broker's memory over time", AdmissionBenchmark.RunAsync),
    ("pod-ends", "from the end of a pod to the end of its lease, with 1,000 running workloads", PodEndBenchmark.RunAsync),
    ("status-list", "the status lists of 1,000,000 tokens, made anew and signed", StatusListBenchmark.RunAsync),
    ("evidence", "sealing audit records, and verifying an export of 1,000,000", EvidenceBenchmark.RunAsync),
    ("sidecar", "the sidecar as it is shipped: folder, time to ready, resident memory, cached answers", SidecarBenchmark.RunAsync),
    ("docker", "what the plugin adds to an engine's call, and from a container's end to its lease's, with 1,000 running", DockerBenchmark.RunAsync),
    ("standing", "memory and time to ready with 1,000,000 leases, to 1,000", StandingBenchmark.RunAsync),
};

var chosen = benchmarks.Where(benchmark => args is ["all"] || args.Contains(benchmark.Name)).ToArray();
if (chosen.Length == 0 || (args is not ["all"] && chosen.Length != args.Length))
{
    Console.Error.WriteLine("usage: dotnet run -c Release --project tests/CredentialBroker.Benchmarks -- all | NAME...");
    foreach (var (name, tells, _) in benchmarks)
    {
        Console.Error.WriteLine($"  {name,-16}{tells}");
    }

    return 2;
}

foreach (var (name, tells, runAsync) in chosen)
{
    Console.WriteLine($"## {name}: {tells}\n");
    Console.WriteLine(await runAsync());
}

return 0;
