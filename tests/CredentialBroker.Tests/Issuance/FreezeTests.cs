using System.Net;
using System.Text.Json;
using CredentialBroker.TestInfra;

namespace CredentialBroker.Tests.Issuance;

/// <summary>A freeze beats every grant that was not handed out when it was acknowledged, on every replica.</summary>
[Collection("postgres")]
public sealed class FreezeTests(PostgresFixture postgres)
{
    [Fact]
    public async Task No_lease_becomes_active_after_a_freeze_is_acknowledged_in_200_rounds_on_three_replicas()
    {
        var store = await postgres.NewDatabaseAsync();
        await using var first = await Brokers.StartAsync(store);
        await using var second = await Brokers.StartAsync(store, beside: first.Folder);
        await using var third = await Brokers.StartAsync(store, beside: first.Folder);
        await first.Scene.ActivateAsync(SceneFolder.Token(concurrent: 1000));
        RunningBroker[] replicas = [first, second, third];
        var pod = first.Scene.NewPod();
        await first.Scene.ApproveAsync(first.Scene.ApprovalOf(pod, "token"));
        var token = first.Scene.Token(pod);

        using var stop = new CancellationTokenSource();
        var granted = 0;
        var loops = replicas.SelectMany(r => Enumerable.Range(0, 2).Select(async _ =>
        {
            while (!stop.IsCancellationRequested)
            {
                var reply = await r.Scene.ClaimAsync(token, "token");
                if (reply.Status != HttpStatusCode.Created)
                {
                    await Task.Delay(2);
                    continue;
                }

                Interlocked.Increment(ref granted);
                await r.Scene.SendAsync(HttpMethod.Delete, $"/v1/leases/{reply.Json.GetProperty("lease").GetProperty("id").GetString()}", token);
            }
        })).ToArray();

        for (var round = 0; round < 200; round++)
        {
            // However slow the machine is, every freeze falls among grants.
            await GrantedMoreThanAsync(Volatile.Read(ref granted));
            var scene = replicas[round % 3].Scene;
            var reply = await scene.OperatorAsync(HttpMethod.Post, "/v1/freezes", """{"selector":"template=token","reason":"drill"}""");
            Assert.True(reply.Status == HttpStatusCode.Created, reply.Body);
            var freeze = reply.Json;
            // Nothing that is active now may have been committed after the acknowledgement: the newest lease must stop changing.
            var newest = await NewestAsync(first);
            await Task.Delay(5);
            var later = await NewestAsync(first);
            if (newest != later) Assert.Fail($"round {round}: {newest} became {later}; freeze {reply.Body}; audit {await Audit(first)}");
            await scene.OperatorAsync(HttpMethod.Delete, $"/v1/freezes/{freeze.GetProperty("id").GetString()}");
        }

        await stop.CancelAsync();
        await Task.WhenAll(loops);

        async Task GrantedMoreThanAsync(int before)
        {
            for (var i = 0; Volatile.Read(ref granted) == before; i++)
            {
                Assert.True(i < 10_000, "nothing is granted after the thaw");
                await Task.Delay(5);
            }
        }
    }

    private static async Task<string> NewestAsync(RunningBroker broker) =>
        string.Join(',', await broker.Get<Storage.Store>().ListAsync(Storage.Pool.Control, new Storage.Statement("SELECT max(id) FROM (SELECT id FROM leases UNION ALL SELECT id FROM ended_leases) a"), row => row.IsDBNull(0) ? "" : row.GetString(0), CancellationToken.None));

    private static async Task<string> Audit(RunningBroker b) => string.Join("\n", (await b.Scene.OperatorAsync(HttpMethod.Get, "/v1/audit")).Body.Split("\n").TakeLast(12));

    [Fact]
    public async Task A_frozen_claim_is_refused_with_its_reason_and_a_thaw_lets_it_through()
    {
        await using var broker = await Brokers.StartAsync();
        var scene = broker.Scene;
        await scene.ActivateAsync(SceneFolder.Token());
        var pod = scene.NewPod();
        await scene.ApproveAsync(scene.ApprovalOf(pod, "token"));
        var freeze = (await scene.OperatorAsync(HttpMethod.Post, "/v1/freezes", """{"selector":"namespace=shop","reason":"suspicious"}""")).Json;
        Assert.Equal("frozen", (await scene.ClaimAsync(scene.Token(pod), "token")).Code);
        Assert.Equal(HttpStatusCode.NoContent, (await scene.OperatorAsync(HttpMethod.Delete, $"/v1/freezes/{freeze.GetProperty("id").GetString()}")).Status);
        Assert.Equal(HttpStatusCode.Created, (await scene.ClaimAsync(scene.Token(pod), "token")).Status);
    }

    [Fact]
    public async Task A_hold_lets_automatic_ends_wait_and_a_revocation_pass()
    {
        await using var broker = await Brokers.StartAsync();
        var scene = broker.Scene;
        await scene.ActivateAsync(SceneFolder.Token("short", ttl: "1s", maxTtl: "2s"));
        var pod = scene.NewPod();
        await scene.ApproveAsync(scene.ApprovalOf(pod, "short"));
        var hold = (await scene.OperatorAsync(HttpMethod.Post, "/v1/holds", """{"selector":"template=short","reason":"forensics","for":"1h"}""")).Json;
        var held = (await scene.ClaimAsync(scene.Token(pod), "short")).Json.GetProperty("lease").GetProperty("id").GetString()!;
        var byHand = (await scene.ClaimAsync(scene.Token(pod), "short")).Json.GetProperty("lease").GetProperty("id").GetString()!;
        var revoked = (await scene.ClaimAsync(scene.Token(pod), "short")).Json.GetProperty("lease").GetProperty("id").GetString()!;
        await scene.OperatorAsync(HttpMethod.Delete, $"/v1/leases/{revoked}?reason=now");
        await scene.LeaseUntilAsync(revoked, "ended");
        await Task.Delay(3000);
        Assert.Equal("active", (await scene.LeaseAsync(held)).GetProperty("state").GetString());
        // Its own end is held; one by hand is not, though it comes after that end.
        Assert.Equal("active", (await scene.LeaseAsync(byHand)).GetProperty("state").GetString());
        await scene.OperatorAsync(HttpMethod.Delete, $"/v1/leases/{byHand}?reason=after");
        Assert.Equal("revoked", (await scene.LeaseUntilAsync(byHand, "ended")).GetProperty("cause").GetString());
        Assert.Equal("active", (await scene.LeaseAsync(held)).GetProperty("state").GetString());
        await scene.OperatorAsync(HttpMethod.Delete, $"/v1/holds/{hold.GetProperty("id").GetString()}");
        await scene.LeaseUntilAsync(held, "ended");
        Assert.Equal("invalid", (await scene.OperatorAsync(HttpMethod.Post, "/v1/holds", """{"selector":"template=short","reason":"too long","for":"25h"}""")).Code);
    }
}
