using System.Net;
using System.Text.Json;
using CredentialBroker.Backends;
using CredentialBroker.TestInfra;

namespace CredentialBroker.Hosting;

/// <summary>Readiness is about this replica; what it tells of others is for operators, and changes nothing about it.</summary>
[Collection("postgres")]
public sealed class HealthTests(PostgresFixture postgres)
{
    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgres")]
    public async Task Anybody_learns_the_status_and_operators_the_parts(string store)
    {
        await using var broker = await Brokers.StartAsync(store == "postgres" ? await postgres.NewDatabaseAsync() : null);
        var scene = broker.Scene;
        Assert.Equal("""{"status":"ready"}""", (await scene.SendAsync(HttpMethod.Get, "/healthz/ready", null)).Body);
        Assert.Equal("""{"status":"ready"}""", (await scene.SendAsync(HttpMethod.Get, "/healthz/ready", scene.Token(scene.NewPod()))).Body);
        Assert.Equal("""{"status":"ready"}""", (await scene.SendAsync(HttpMethod.Get, "/healthz/ready", "cbo_unknown")).Body);

        Assert.Equal("unknown", Part(await ReadyAsync(scene), "trust_source", "cluster"));
        await scene.ActivateAsync(SceneFolder.Token());
        var pod = scene.NewPod();
        await scene.ApproveAsync(scene.ApprovalOf(pod, "token"));
        await scene.ClaimAsync(scene.Token(pod), "token");
        for (var i = 0; Number(await ReadyAsync(scene), "leases") != 1; i++)
        {
            Assert.True(i < 600, "the lease was not counted");
            await Task.Delay(50);
        }

        var ready = await ReadyAsync(scene);
        Assert.Equal(("up", "up", "up", "up"), (Part(ready, "store", "store"), Part(ready, "clock", "clock"), Part(ready, "target", "signed-token/internal"), Part(ready, "trust_source", "cluster")));
        Assert.Equal((0, 0), (Number(ready, "overdue"), Number(ready, "stuck")));
    }

    [Fact]
    public async Task A_target_that_is_down_is_told_and_the_replica_stays_ready()
    {
        await using var broker = await Brokers.StartAsync(change: configuration =>
        {
            var password = Path.Combine(Path.GetDirectoryName(configuration["Keys"]!["KeyEncryptionKeyFile"]!.GetValue<string>())!, "none");
            File.WriteAllText(password, "x");
            configuration["Targets"]!["Postgres"] = new System.Text.Json.Nodes.JsonObject
            {
                ["orders"] = new System.Text.Json.Nodes.JsonObject
                {
                    ["Host"] = "127.0.0.1", ["Port"] = LoopbackPorts.FindFree(), ["Database"] = "orders", ["Username"] = "broker", ["PasswordFile"] = password,
                    ["SslMode"] = "disable", ["AllowedGroups"] = new System.Text.Json.Nodes.JsonArray("readers"), ["ObjectOwner"] = "owner", ["ConnectTimeout"] = "00:00:01",
                },
            };
        });
        var backend = broker.Get<BackendCatalog>().Find("postgres")!;
        var handle = Handle.Write("orders", ("role", $"cb-{broker.Get<Storage.BrokerIdentity>().Id}-00000000000000000000000000"));
        for (var i = 0; i < Circuit.FaultsToOpen; i++)
        {
            await Assert.ThrowsAsync<BackendException>(async () => await backend.EndAsync(handle, CancellationToken.None));
        }

        var ready = await ReadyAsync(broker.Scene);
        Assert.Equal(("down", "up"), (Part(ready, "target", "postgres/orders"), Part(ready, "target", "signed-token/internal")));
        Assert.Contains("credbroker_target_circuit_open{backend=\"postgres\",lane=\"ending\",target=\"orders\"} 1\n",
            (await broker.Scene.SendAsync(HttpMethod.Get, "/metrics", null)).Body, StringComparison.Ordinal);
    }

    private static async Task<JsonElement> ReadyAsync(Scene scene)
    {
        var reply = await scene.OperatorAsync(HttpMethod.Get, "/healthz/ready");
        Assert.True(reply.Status == HttpStatusCode.OK, reply.Body);
        return reply.Json;
    }

    private static string? Part(JsonElement ready, string kind, string name) => ready.GetProperty("parts").EnumerateArray()
        .Single(p => p.GetProperty("kind").GetString() == kind && p.GetProperty("name").GetString() == name).GetProperty("status").GetString();

    private static long? Number(JsonElement ready, string name) => ready.TryGetProperty(name, out var value) ? value.GetInt64() : null;
}
