using System.Diagnostics;
using System.Net;
using System.Text.Json.Nodes;
using CredentialBroker.TestInfra;
using Npgsql;

namespace CredentialBroker.EndToEnd;

/// <summary>The real sidecar beside the real broker, with PostgreSQL's own client and Npgsql as they are.</summary>
[Collection("postgres")]
public sealed class SidecarTests(PostgresFixture postgres) : IDisposable
{
    private readonly string _memory = Directory.CreateDirectory($"/dev/shm/credbroker-sidecar-{Environment.ProcessId}").FullName;

    /// <summary>The README's walk-through: the demo's broker stays, and somebody else is the workload.</summary>
    [Fact]
    public async Task R24_The_walk_through_of_the_README_works_and_leaves_no_role_behind()
    {
        var server = await postgres.ServerAsync();
        var connection = await server.CreateDatabaseAsync("demo");
        var folder = Path.Combine(_memory, "demo");
        using var demo = Process.Start(new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "CredentialBroker.dll"), "demo", "--postgres", connection, "--stay", folder]) { RedirectStandardOutput = true })!;
        try
        {
            for (var i = 0; !File.Exists(Path.Combine(folder, "env")); i++)
            {
                Assert.True(i < 600 && !demo.HasExited, "the demo did not begin");
                await Task.Delay(100);
            }

            var script = $". {folder}/env; {Sidecar} exec --template orders-read -- psql -X -A -t -c 'SELECT current_user'";
            var ran = await Shell.RunAsync(new ProcessStartInfo("bash", ["-eu", "-c", script]));
            Assert.True(ran.Exit == 0, ran.Out + ran.Error);
            Assert.Matches("^cb-[a-z0-9]+-[a-z0-9]{26}\n", ran.Out);
            await UntilAsync(async () => await CountAsync(connection, ran.Out.Trim()) == 0);
        }
        finally
        {
            using (var kill = Process.Start("kill", ["-TERM", demo.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)])) await kill.WaitForExitAsync();
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
            await demo.WaitForExitAsync(limit.Token);
        }

        Assert.Equal(0, demo.ExitCode);
    }

    [Fact]
    public async Task R24_R25_psql_and_Npgsql_log_in_until_an_operator_revokes_and_nothing_is_left()
    {
        var server = await postgres.ServerAsync();
        await using var orders = await OrdersDatabase.CreateAsync(server);
        using var folder = new SceneFolder();
        var port = LoopbackPorts.FindFree();
        folder.Write(port, change: configuration => orders.AddTarget(configuration, folder.Path));
        await using var broker = await BrokerProcess.StartAsync(folder, port);
        var scene = broker.Scene;
        await scene.ActivateAsync(OrdersDatabase.Template);
        var pod = scene.NewPod();
        await scene.ApproveAsync(scene.ApprovalOf(pod, "orders"));
        using var sidecar = await StartAsync(scene, pod);
        try
        {
            var environment = new Dictionary<string, string> { ["PGSERVICEFILE"] = $"{_memory}/pg/pg_service.conf", ["PGPASSFILE"] = $"{_memory}/pg/pgpass", ["PGSERVICE"] = "orders" };
            var user = (await PsqlAsync(environment)).Out.Trim();
            Assert.Equal(Assert.Single(await orders.LeaseRolesAsync()), user);
            await using (var source = NpgsqlDataSource.Create(Npgsql())) await using (var command = source.CreateCommand("SELECT current_user")) Assert.Equal(user, await command.ExecuteScalarAsync());

            var lease = (await scene.OperatorAsync(HttpMethod.Get, "/v1/leases")).Json.GetProperty("leases")[0].GetProperty("id").GetString()!;
            Assert.Equal(HttpStatusCode.Accepted, (await scene.OperatorAsync(HttpMethod.Delete, $"/v1/leases/{lease}?reason=drill")).Status);
            // Told by the broker's stream: the files go, and a client fails to connect with a clear message.
            await UntilAsync(() => Task.FromResult(Directory.GetFiles($"{_memory}/pg").Length == 0));
            var refused = await PsqlAsync(environment);
            Assert.NotEqual(0, refused.Exit);
            Assert.Contains("service", refused.Error, StringComparison.Ordinal);
            await scene.LeaseUntilAsync(lease, "ended");
            Assert.Empty(await orders.LeaseRolesAsync());
        }
        finally
        {
            using (var kill = Process.Start("kill", ["-TERM", sidecar.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)])) await kill.WaitForExitAsync();
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
            await sidecar.WaitForExitAsync(limit.Token);
        }

        Assert.Equal(0, sidecar.ExitCode);
    }

    public void Dispose() => Directory.Delete(_memory, recursive: true);

    private static string Sidecar => $"dotnet '{Path.Combine(AppContext.BaseDirectory, "credbroker-sidecar.dll")}'";

    private async Task<Process> StartAsync(Scene scene, string pod)
    {
        File.WriteAllText($"{_memory}/token", scene.Token(pod));
        File.WriteAllText($"{_memory}/sidecar.json", new JsonObject
        {
            ["Broker"] = new JsonObject { ["Address"] = scene.Address.ToString() },
            ["Identity"] = new JsonObject { ["Kind"] = "kubernetes", ["TokenFile"] = $"{_memory}/token" },
            ["Leases"] = new JsonObject { ["orders"] = new JsonObject { ["Template"] = "orders" } },
            ["FrontEnds"] = new JsonObject { ["Postgres"] = new JsonObject { ["Leases"] = new JsonArray("orders"), ["Folder"] = $"{_memory}/pg" } },
        }.ToJsonString());
        var sidecar = Process.Start(new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "credbroker-sidecar.dll"), "serve", "--config", $"{_memory}/sidecar.json"]))!;
        await UntilAsync(() => Task.FromResult(File.Exists($"{_memory}/pg/pg_service.conf")));
        return sidecar;
    }

    private static Task<Shell> PsqlAsync(Dictionary<string, string> environment)
    {
        var start = new ProcessStartInfo("psql", ["-X", "-A", "-t", "-c", "SELECT current_user"]);
        foreach (var (name, value) in environment) start.Environment[name] = value;
        return Shell.RunAsync(start);
    }

    /// <summary>As an application would be configured: Npgsql reads the password file by itself.</summary>
    private string Npgsql()
    {
        var service = File.ReadLines($"{_memory}/pg/pg_service.conf").Where(line => line.Contains('=', StringComparison.Ordinal)).Select(line => line.Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[1]);
        return new NpgsqlConnectionStringBuilder { Host = service["host"], Port = int.Parse(service["port"], null), Database = service["dbname"], Username = service["user"], Passfile = service["passfile"], Pooling = false }.ConnectionString;
    }

    private static async Task<long> CountAsync(string connection, string role)
    {
        await using var source = NpgsqlDataSource.Create(connection);
        await using var command = source.CreateCommand("SELECT count(*) FROM pg_roles WHERE rolname = $1");
        command.Parameters.Add(new NpgsqlParameter { Value = role });
        return (long)(await command.ExecuteScalarAsync())!;
    }

    private static async Task UntilAsync(Func<Task<bool>> holds)
    {
        for (var i = 0; !await holds(); i++)
        {
            Assert.True(i < 600, "it did not come to be");
            await Task.Delay(100);
        }
    }
}
