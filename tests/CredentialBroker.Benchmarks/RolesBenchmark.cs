using System.Diagnostics;
using System.Text.Json.Nodes;
using CredentialBroker.Backends;
using CredentialBroker.Backends.Postgres;
using CredentialBroker.EndToEnd;
using CredentialBroker.Protocol;
using CredentialBroker.Storage;
using CredentialBroker.TestInfra;
using Npgsql;

namespace CredentialBroker.Benchmarks;

/// <summary>
/// Roles made and ended by the <c>postgres</c> backend, against the same number made and ended by bare statements of the
/// same login. The backend also asks clocks and catalogues, hashes passwords and waits for sessions to be gone.
/// </summary>
internal static class RolesBenchmark
{
    private const int Clients = 16;
    private const int OfEach = 60;
    private const int Rounds = 5;
    private const string Group = "orders_reader";
    private const string BrokerId = "bench0";

    private static readonly (string Name, string Bar)[] All = [("made", ">= 0.7"), ("ended", ">= 0.7"), ("made and ended", ">= 0.6")];

    public static Task<MarkdownTable> RunAsync() => ReadAsync(All.Length - 1, 0, 1);

    public static Task<MarkdownTable> MintAsync() => ReadAsync(0);

    public static Task<MarkdownTable> EndAsync() => ReadAsync(1);

    /// <summary>What is made has to be ended and the other way round, so that both are always done; the table has what was asked for.</summary>
    private static async Task<MarkdownTable> ReadAsync(params int[] rows)
    {
        await using var server = await PostgresServer.StartAsync();
        await using var orders = await OrdersDatabase.CreateAsync(server);
        using var folder = new SceneFolder();
        var target = Target(orders, folder.Path);
        await using var connections = new PostgresConnections(new Dictionary<string, PostgresTarget> { ["orders"] = target });
        var backend = new PostgresBackend(BrokerId, connections, new BrokerClock(TimeProvider.System));
        var pgbench = new Pgbench(server, target.Database, orders.Login);

        // Fills the pools and compiles the hot code.
        await BackendAsync(backend);
        var compared = await Measurement.InterleaveAsync(Rounds, () => BareAsync(pgbench), () => BackendAsync(backend));
        var table = new MarkdownTable("roles per second", "backend", "bare statements", "ratio", "bar", "spread of ratio", "rounds");
        foreach (var i in rows)
        {
            table.Row(All[i].Name, compared[i].Subject.Median, compared[i].Baseline.Median, compared[i].Ratio.Median, All[i].Bar, $"{compared[i].Ratio.Spread:P0}", Rounds);
        }

        return table;
    }

    private static async Task<double[]> BareAsync(Pgbench pgbench)
    {
        const string Role = "\"pgbench-:client_id-:n\"";
        var verifier = ScramVerifier.Generate(ScramVerifier.UsualIterations);
        // Joined by \; the statements of one role are one transaction and one round trip, as the backend's are.
        var made = await pgbench.RunTimesAsync($"""
            \set n :n + 1
            CREATE ROLE {Role} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS INHERIT CONNECTION LIMIT 5 VALID UNTIL '2099-01-01' PASSWORD '{verifier.Text}' IN ROLE {Group} \; GRANT {Role} TO CURRENT_USER;
            """, Clients, OfEach);
        var ended = await pgbench.RunTimesAsync($"""
            \set n :n + 1
            ALTER ROLE {Role} NOLOGIN CONNECTION LIMIT 0 VALID UNTIL '1970-01-01';
            SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{Role.Trim('"')}';
            REASSIGN OWNED BY {Role} TO orders_owner;
            DROP OWNED BY {Role};
            DROP ROLE {Role};
            """, Clients, OfEach);
        return Rates(made.Tps, ended.Tps);
    }

    private static async Task<double[]> BackendAsync(PostgresBackend backend)
    {
        var grant = new PostgresGrant("orders", [Group], 5, [], [Group]);
        var now = TimeProvider.System.NowMs();
        var orders = Enumerable.Range(0, Clients * OfEach).Select(_ => new Order(
            Ids.New(TimeProvider.System), grant, new Dictionary<string, string>(), now + 600_000, now + 60_000)).ToList();
        var made = await RateAsync(orders, async order => await backend.MintAsync(backend.Plan(order), order, CancellationToken.None));
        var ended = await RateAsync(orders, async order =>
        {
            var report = await backend.EndAsync(backend.Plan(order), CancellationToken.None);
            if (!report.WasThere) throw new InvalidOperationException("A role that was made was not there.");
        });
        return Rates(made, ended);
    }

    private static double[] Rates(double made, double ended) => [made, ended, 1 / ((1 / made) + (1 / ended))];

    private static async Task<double> RateAsync(IReadOnlyList<Order> orders, Func<Order, Task> work)
    {
        var next = -1;
        var began = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(_ => Task.Run(async () =>
        {
            while (Interlocked.Increment(ref next) is var at && at < orders.Count) await work(orders[at]);
        })));
        return orders.Count / Stopwatch.GetElapsedTime(began).TotalSeconds;
    }

    private static PostgresTarget Target(OrdersDatabase orders, string folder)
    {
        var configuration = new JsonObject { ["Targets"] = new JsonObject() };
        orders.AddTarget(configuration, folder);
        var written = configuration["Targets"]!["Postgres"]!["orders"]!;
        string Text(string name) => (string)written[name]!;
        return new PostgresTarget
        {
            Host = Text("Host"),
            Port = (int)written["Port"]!,
            Database = Text("Database"),
            Username = Text("Username"),
            PasswordFile = Text("PasswordFile"),
            SslMode = Text("SslMode"),
            AllowedGroups = [Group],
            ObjectOwner = Text("ObjectOwner"),
            MaxConnections = Clients,
            EndingConnections = Clients,
            MaxLeases = 100_000,
        };
    }
}
