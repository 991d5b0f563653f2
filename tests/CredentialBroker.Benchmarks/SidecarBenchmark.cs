using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using CredentialBroker.EndToEnd;
using CredentialBroker.TestInfra;

namespace CredentialBroker.Benchmarks;

/// <summary>
/// The sidecar as it is shipped, beside a broker of its own, with every front end on: its folder, the time from its start to
/// a rendered credential, its resident memory after load, and how long a cached answer takes with 16 clients.
/// </summary>
internal static class SidecarBenchmark
{
    private const int Starts = 9;
    private const int Clients = 16;
    private const int Requests = 2_000;

    public static async Task<MarkdownTable> RunAsync()
    {
        var memory = Directory.CreateDirectory($"/dev/shm/credbroker-benchmark-{Environment.ProcessId}").FullName;
        using var folder = new SceneFolder();
        try
        {
            var published = Path.Combine(folder.Path, "sidecar");
            using (var publish = Process.Start(new ProcessStartInfo("dotnet", ["publish", RepositoryFiles.PathOf("src/CredentialBroker.Sidecar"), "-c", "Release", "-p:Shipped=true", "-o", published, "--artifacts-path", Path.Combine(folder.Path, "artifacts"), "-nr:false", "-p:UseSharedCompilation=false"]))!)
            {
                await publish.WaitForExitAsync();
                if (publish.ExitCode != 0) throw new InvalidOperationException("the sidecar was not published");
            }

            var size = Directory.GetFiles(published, "*", SearchOption.AllDirectories).Sum(file => new FileInfo(file).Length) / 1_000_000d;
            var port = LoopbackPorts.FindFree();
            folder.Write(port);
            await using var broker = await BrokerProcess.StartAsync(folder, port);
            await broker.Scene.ActivateAsync(SceneFolder.Token(concurrent: 100));
            var pod = broker.Scene.NewPod();
            await broker.Scene.ApproveAsync(broker.Scene.ApprovalOf(pod, "token"));
            File.WriteAllText($"{memory}/token", broker.Scene.Token(pod));
            var listen = LoopbackPorts.FindFree();
            File.WriteAllText($"{memory}/sidecar.json", Configuration(memory, port, listen).ToJsonString());

            var ready = new List<double>();
            for (var i = 0; i < Starts; i++) ready.Add(await StartAsync(published, memory, _ => Task.CompletedTask));
            var (p99, resident) = (0d, 0d);
            await StartAsync(published, memory, async sidecar => (p99, resident) = (await LoadAsync(listen), sidecar.WorkingSet64 / 1_000_000d));
            return new MarkdownTable("what", "reading", "bar", "spread")
                .Row("folder, MB", size, "< 45", "")
                .Row("ready, ms", Measurement.Median(ready), "< 400", $"{Measurement.Spread(ready):P0}")
                .Row("resident after load, MB", resident, "< 60", "")
                .Row($"cached answer, p99 ms, {Clients} clients", p99, "< 2", "");
        }
        finally
        {
            Directory.Delete(memory, recursive: true);
        }
    }

    /// <returns>Milliseconds from the start of the process to a file with the credential.</returns>
    private static async Task<double> StartAsync(string published, string memory, Func<Process, Task> use)
    {
        var began = Stopwatch.GetTimestamp();
        using var sidecar = Process.Start(new ProcessStartInfo(Path.Combine(published, "credbroker-sidecar"), ["serve", "--config", $"{memory}/sidecar.json"]) { RedirectStandardError = true })!;
        _ = sidecar.StandardError.ReadToEndAsync();
        while (!File.Exists($"{memory}/rendered.json")) await Task.Delay(1);
        var took = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
        await use(sidecar);
        using (var kill = Process.Start("kill", ["-TERM", sidecar.Id.ToString(CultureInfo.InvariantCulture)])) await kill.WaitForExitAsync();
        await sidecar.WaitForExitAsync();
        return took;
    }

    private static async Task<double> LoadAsync(int port)
    {
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false, MaxConnectionsPerServer = Clients }) { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
        http.DefaultRequestHeaders.Add("Metadata-Flavor", "Google");
        var path = new Uri("/computeMetadata/v1/instance/service-accounts/default/token", UriKind.Relative);
        async Task<double[]> ClientAsync()
        {
            var taken = new double[Requests];
            for (var i = 0; i < Requests; i++)
            {
                var began = Stopwatch.GetTimestamp();
                using var answer = await http.GetAsync(path);
                answer.EnsureSuccessStatusCode();
                taken[i] = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
            }

            return taken;
        }

        await Task.WhenAll(Enumerable.Range(0, Clients).Select(_ => ClientAsync()));
        return Measurement.Percentile((await Task.WhenAll(Enumerable.Range(0, Clients).Select(_ => ClientAsync()))).SelectMany(taken => taken), 0.99);
    }

    private static JsonObject Configuration(string memory, int broker, int listen)
    {
        static JsonObject Resources() => new() { ["https://vault.azure.net"] = "token" };
        return new JsonObject
        {
            ["Broker"] = new JsonObject { ["Address"] = $"http://127.0.0.1:{broker}" },
            ["Identity"] = new JsonObject { ["Kind"] = "token-file", ["TokenFile"] = $"{memory}/token" },
            ["Leases"] = new JsonObject { ["token"] = new JsonObject { ["Template"] = "token" } },
            ["FrontEnds"] = new JsonObject
            {
                ["Local"] = new JsonObject { ["Socket"] = $"{memory}/sock" },
                ["AwsContainer"] = new JsonObject { ["Lease"] = "token", ["Listen"] = "127.0.0.1:0", ["TokenFile"] = $"{memory}/aws" },
                ["AwsMetadata"] = new JsonObject { ["Lease"] = "token", ["Listen"] = "127.0.0.1:0" },
                ["AzureAppService"] = new JsonObject { ["Listen"] = "127.0.0.1:0", ["HeaderFile"] = $"{memory}/azure", ["Resources"] = Resources() },
                ["AzureMetadata"] = new JsonObject { ["Listen"] = "127.0.0.1:0", ["Resources"] = Resources() },
                ["GoogleSubjectToken"] = new JsonObject { ["Lease"] = "token", ["Listen"] = "127.0.0.1:0", ["ConfigurationFile"] = $"{memory}/google.json", ["Provider"] = "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/providers/r" },
                ["GoogleMetadata"] = new JsonObject { ["Lease"] = "token", ["Listen"] = $"127.0.0.1:{listen}", ["Email"] = "orders@shop.test", ["Project"] = "shop" },
                ["Vault"] = new JsonObject { ["Listen"] = "127.0.0.1:0", ["Paths"] = new JsonObject { ["kv/token"] = new JsonObject { ["Lease"] = "token" } } },
                ["TokenFiles"] = new JsonObject { ["federated"] = new JsonObject { ["Lease"] = "token", ["Path"] = $"{memory}/federated" } },
                ["Files"] = new JsonObject { ["rendered"] = new JsonObject { ["Lease"] = "token", ["Path"] = $"{memory}/rendered.json" } },
            },
        };
    }
}
