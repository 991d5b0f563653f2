using System.Net;
using System.Text;
using CredentialBroker.Storage;
using CredentialBroker.TestInfra;

namespace CredentialBroker.Tests.Issuance;

/// <summary>What may come between recording the intent and handing out a database role.</summary>
[Collection("postgres")]
public sealed class TargetRaceTests(PostgresFixture postgres)
{
    public static TheoryData<string> Stores => ["sqlite", "postgres"];

    [Fact]
    public async Task No_role_becomes_active_after_a_freeze_is_acknowledged_in_200_rounds_on_three_replicas()
    {
        var server = await postgres.ServerAsync();
        await using var orders = await OrdersDatabase.CreateAsync(server);
        var store = await postgres.NewDatabaseAsync();
        using var folder = new SceneFolder();
        await using var first = await Brokers.StartAsync(store, c => orders.AddTarget(c, folder.Path), folder);
        await using var second = await Brokers.StartAsync(store, c => orders.AddTarget(c, folder.Path), folder);
        await using var third = await Brokers.StartAsync(store, c => orders.AddTarget(c, folder.Path), folder);
        RunningBroker[] replicas = [first, second, third];
        await first.Scene.ActivateAsync(OrdersDatabase.Template.Replace("concurrentLeases: 5", "concurrentLeases: 500", StringComparison.Ordinal));
        var pod = first.Scene.NewPod();
        await first.Scene.ApproveAsync(first.Scene.ApprovalOf(pod, "orders"));
        var token = first.Scene.Token(pod);

        using var stop = new CancellationTokenSource();
        var loops = replicas.Select(async replica =>
        {
            while (!stop.IsCancellationRequested)
            {
                var reply = await replica.Scene.ClaimAsync(token, "orders");
                if (reply.Status == HttpStatusCode.Created) await replica.Scene.SendAsync(HttpMethod.Delete, $"/v1/leases/{reply.Json.GetProperty("lease").GetProperty("id").GetString()}", token);
            }
        }).ToArray();
        var issued = 0L;
        for (var round = 0; round < 200; round++)
        {
            // However slow the machine is, every freeze falls among grants.
            for (var i = 0; await IssuedAsync(first) == issued; i++)
            {
                Assert.True(i < 3000, "nothing is issued after the thaw");
                await Task.Delay(10);
            }

            var scene = replicas[round % 3].Scene;
            var freeze = await scene.OperatorAsync(HttpMethod.Post, "/v1/freezes", """{"selector":"target=orders","reason":"drill"}""");
            Assert.True(freeze.Status == HttpStatusCode.Created, freeze.Body);
            issued = await IssuedAsync(first);
            await Task.Delay(10);
            Assert.Equal(issued, await IssuedAsync(first));
            await scene.OperatorAsync(HttpMethod.Delete, $"/v1/freezes/{freeze.Json.GetProperty("id").GetString()}");
        }

        await stop.CancelAsync();
        await Task.WhenAll(loops);
    }

    [Theory]
    [MemberData(nameof(Stores))]
    public async Task A_task_that_ends_while_its_role_is_made_leaves_no_role_and_no_secret(string kind)
    {
        await using var scene = await HeldMintAsync(kind);
        var ended = await scene.Broker.Scene.SendAsync(HttpMethod.Post, $"/v1/tasks/task-{scene.Pod}/end", scene.Broker.Scene.Token(scene.Pod));
        Assert.Equal(HttpStatusCode.OK, ended.Status);
        scene.Proxy.Resume();
        var reply = await scene.Claim;
        Assert.Contains(reply.Code, new[] { "task_ended", "lease_over", "mint_failed" });
        await NothingLeftAsync(scene);
        Assert.Equal(0, await IssuedAsync(scene.Broker));
    }

    [Theory]
    [MemberData(nameof(Stores))]
    public async Task An_approval_withdrawn_while_its_role_is_made_leaves_no_role(string kind)
    {
        await using var scene = await HeldMintAsync(kind);
        await scene.Broker.Scene.ApproveAsync(new System.Text.Json.Nodes.JsonObject { ["ref"] = scene.Reference, ["effect"] = "withdrawn" });
        scene.Proxy.Resume();
        Assert.NotNull((await scene.Claim).Code);
        await NothingLeftAsync(scene);
        Assert.Equal(0, await IssuedAsync(scene.Broker));
    }

    [Theory]
    [MemberData(nameof(Stores))]
    public async Task A_mint_that_a_proxy_delivers_long_after_recovery_makes_no_role(string kind)
    {
        await using var scene = await HeldMintAsync(kind, detached: true);
        // The broker has given up: the lease is over before the statement arrives.
        Assert.NotNull((await scene.Claim).Code);
        await UntilNoLeaseAsync(scene);
        scene.Proxy.Resume();
        await scene.Proxy.DeliveredAsync();
        await Task.Delay(500);
        Assert.Empty(await scene.Orders.LeaseRolesAsync());
    }

    [Theory]
    [MemberData(nameof(Stores))]
    public async Task R24_A_target_that_fails_is_retried_and_the_lease_says_so_until_it_is_ended(string kind)
    {
        var server = await postgres.ServerAsync();
        await using var orders = await OrdersDatabase.CreateAsync(server);
        await using var proxy = TcpProxy.Start(server.Port);
        using var folder = new SceneFolder();
        await using var broker = await Brokers.StartAsync(kind == "postgres" ? await postgres.NewDatabaseAsync() : null, c => orders.AddTarget(c, folder.Path, proxy.Port), folder);
        await broker.Scene.ActivateAsync(OrdersDatabase.Template);
        var pod = broker.Scene.NewPod();
        await broker.Scene.ApproveAsync(broker.Scene.ApprovalOf(pod, "orders"));
        var claimed = await broker.Scene.ClaimAsync(broker.Scene.Token(pod), "orders");
        Assert.True(claimed.Status == HttpStatusCode.Created, claimed.Body);
        var lease = claimed.Json.GetProperty("lease").GetProperty("id").GetString()!;

        proxy.Refuse(true);
        proxy.CutAll();
        await broker.Scene.OperatorAsync(HttpMethod.Delete, $"/v1/leases/{lease}");
        for (var i = 0; (await broker.Scene.LeaseAsync(lease)).GetProperty("attempts").GetInt32() < 2; i++)
        {
            Assert.True(i < 600, "the end was not retried");
            await Task.Delay(50);
        }

        Assert.Equal("ending", (await broker.Scene.LeaseAsync(lease)).GetProperty("state").GetString());
        Assert.Single(await orders.LeaseRolesAsync());
        proxy.Refuse(false);
        Assert.Equal("revoked", (await broker.Scene.LeaseUntilAsync(lease, "ended")).GetProperty("cause").GetString());
        Assert.Empty(await orders.LeaseRolesAsync());
        var told = (await broker.Scene.OperatorAsync(HttpMethod.Get, $"/v1/audit?lease={lease}")).Body;
        Assert.Contains("credential.revocation_failed", told, StringComparison.Ordinal);
        Assert.Contains("credential.revoked", told, StringComparison.Ordinal);
    }

    private async Task<HeldMint> HeldMintAsync(string kind, bool detached = false)
    {
        var server = await postgres.ServerAsync();
        var orders = await OrdersDatabase.CreateAsync(server);
        var proxy = TcpProxy.Start(server.Port);
        var folder = new SceneFolder();
        var broker = await Brokers.StartAsync(kind == "postgres" ? await postgres.NewDatabaseAsync() : null, c => orders.AddTarget(c, folder.Path, proxy.Port), folder);
        await broker.Scene.ActivateAsync(OrdersDatabase.Template);
        var pod = broker.Scene.NewPod();
        var approval = broker.Scene.ApprovalOf(pod, "orders");
        await broker.Scene.ApproveAsync(approval);
        var pattern = "CREATE ROLE"u8.ToArray();
        var held = detached ? proxy.DetachNextClientBytesMatching(pattern) : proxy.HoldNextClientBytesMatching(pattern);
        var claim = broker.Scene.ClaimAsync(broker.Scene.Token(pod), "orders");
        await held.WaitAsync(TimeSpan.FromSeconds(30));
        return new HeldMint(broker, folder, orders, proxy, pod, (string)approval["ref"]!, claim);
    }

    private static async Task NothingLeftAsync(HeldMint scene)
    {
        await UntilNoLeaseAsync(scene);
        Assert.Empty(await scene.Orders.LeaseRolesAsync());
    }

    private static async Task UntilNoLeaseAsync(HeldMint scene)
    {
        for (var i = 0; (await scene.Broker.Scene.OperatorAsync(HttpMethod.Get, "/v1/leases")).Json.GetProperty("leases").GetArrayLength() > 0; i++)
        {
            Assert.True(i < 1200, "the lease was not ended");
            await Task.Delay(50);
        }
    }

    private static async Task<long> IssuedAsync(RunningBroker broker) =>
        (await broker.Get<Store>().ListAsync(Pool.Control, new Statement("SELECT count(*) FROM audit WHERE type = 'credential.issued'"), row => row.GetInt64(0), CancellationToken.None))[0];

    private sealed record HeldMint(RunningBroker Broker, SceneFolder Folder, OrdersDatabase Orders, TcpProxy Proxy, string Pod, string Reference, Task<Reply> Claim) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await Broker.DisposeAsync();
            await Proxy.DisposeAsync();
            await Orders.DisposeAsync();
            Folder.Dispose();
        }
    }
}
