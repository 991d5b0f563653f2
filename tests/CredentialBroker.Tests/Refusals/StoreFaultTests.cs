using System.Net;
using CredentialBroker.Storage;
using CredentialBroker.TestInfra;
using Microsoft.Extensions.DependencyInjection;

namespace CredentialBroker.Tests.Refusals;

/// <summary>A store that fails: nothing is issued that it does not know of, and everything goes on by itself afterwards.</summary>
public sealed class StoreFaultTests
{
    private static readonly TimeSpan Safety = TimeSpan.FromSeconds(30);

    [Theory]
    [InlineData("PRAGMA query_only = on", "PRAGMA query_only = off")]
    [InlineData("PRAGMA max_page_count = 1", "PRAGMA max_page_count = 1000000")]
    public async Task R16_A_read_only_or_full_store_issues_nothing_and_recovers_by_itself(string broken, string mended)
    {
        FaultySqlite? faulty = null;
        await using var hostile = await HostileScene.StartAsync(services: all => all.AddSingleton<Store>(provider =>
            faulty ??= new FaultySqlite(new SqliteStore(provider.GetRequiredService<StorageOptions>()))), templates: SceneFolder.Token(concurrent: 1000));
        var scene = hostile.Scene;
        var pod = await hostile.ApprovedPodAsync("token");
        var granted = new List<string> { await GrantedAsync(hostile, pod) };

        await SetAsync(faulty!, broken);
        var refused = 0;
        for (var i = 0; i < 400 && refused < 5; i++)
        {
            // A full file takes what still fits into its last page.
            var reply = await scene.ClaimAsync(hostile.Token(pod), "token").WaitAsync(Safety);
            if (reply.Status == HttpStatusCode.Created) granted.Add(IdOf(reply));
            else Assert.True((reply.Status, reply.Code) == (HttpStatusCode.ServiceUnavailable, "store_unavailable") && ++refused > 0, reply.Body);
        }

        Assert.Equal(5, refused);
        Assert.Equal(HttpStatusCode.OK, (await scene.SendAsync(HttpMethod.Get, "/healthz/live", null)).Status);
        await SetAsync(faulty!, mended);
        granted.Add(await EventuallyGrantedAsync(hostile, pod));
        await AssertKnownAsync(hostile, granted);
    }

    [Fact]
    public async Task R16_A_store_that_goes_away_and_comes_back_loses_nothing_that_was_acknowledged()
    {
        await using var server = await PostgresServer.StartAsync();
        await using var hostile = await HostileScene.StartAsync(await server.CreateDatabaseAsync("gone"), templates: SceneFolder.Token(concurrent: 1000));
        var scene = hostile.Scene;
        var pod = await hostile.ApprovedPodAsync("token");
        var token = hostile.Token(pod);
        var granted = new List<string> { await GrantedAsync(hostile, pod) };

        using var stop = new CancellationTokenSource();
        var loops = Enumerable.Range(0, 4).Select(async _ =>
        {
            while (!stop.IsCancellationRequested)
            {
                var reply = await scene.ClaimAsync(token, "token");
                if (reply.Status == HttpStatusCode.Created)
                {
                    lock (granted) granted.Add(IdOf(reply));
                }
                else
                {
                    Assert.True(reply.Status == HttpStatusCode.ServiceUnavailable && reply.Code is "store_unavailable" or "overloaded", reply.Body);
                    await Task.Delay(20);
                }
            }
        }).ToArray();
        await Task.Delay(300);
        await server.StopAsync();

        for (var i = 0; i < 3; i++)
        {
            var reply = await scene.ClaimAsync(token, "token").WaitAsync(Safety);
            Assert.Equal((HttpStatusCode.ServiceUnavailable, "store_unavailable"), (reply.Status, reply.Code));
        }

        Assert.Equal("store_unavailable", (await scene.ApproveAsync(hostile.SignApproval(scene.ApprovalOf(pod, "token"))).WaitAsync(Safety)).Code);
        Assert.Equal("store_unavailable", (await scene.OperatorAsync(HttpMethod.Post, "/v1/freezes", """{"selector":"template=token","reason":"drill"}""").WaitAsync(Safety)).Code);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await scene.SendAsync(HttpMethod.Get, "/healthz/ready", null).WaitAsync(Safety)).Status);
        Assert.Equal(HttpStatusCode.OK, (await scene.SendAsync(HttpMethod.Get, "/healthz/live", null)).Status);
        await server.StartAgainAsync();

        granted.Add(await EventuallyGrantedAsync(hostile, pod));
        await stop.CancelAsync();
        await Task.WhenAll(loops);
        Assert.Equal(HttpStatusCode.OK, (await scene.SendAsync(HttpMethod.Get, "/healthz/ready", null)).Status);
        await AssertKnownAsync(hostile, granted);
        // What was committed but not acknowledged is a lease like any other: known, joined to its decision, and it will end.
        Assert.Equal(0, await hostile.NumberAsync("SELECT count(*) FROM leases WHERE due_at IS NULL"));
        Assert.Equal(0, await hostile.NumberAsync("SELECT count(*) FROM leases l WHERE NOT EXISTS (SELECT 1 FROM audit a WHERE a.lease = l.id AND a.type = 'credential.decision')"));
    }

    /// <summary>The writer may be at work, or closed; the one opened next is set as well.</summary>
    private static async Task SetAsync(FaultySqlite store, string pragma)
    {
        for (var i = 0; i < 20; i++)
        {
            try
            {
                store.Set(pragma);
                return;
            }
            catch (InvalidOperationException)
            {
                await Task.Delay(20);
            }
        }
    }

    private static string IdOf(Reply reply) => reply.Json.GetProperty("lease").GetProperty("id").GetString()!;

    private static async Task<string> GrantedAsync(HostileScene hostile, string pod)
    {
        var reply = await hostile.Scene.ClaimAsync(hostile.Token(pod), "token");
        Assert.True(reply.Status == HttpStatusCode.Created, reply.Body);
        return IdOf(reply);
    }

    private static async Task<string> EventuallyGrantedAsync(HostileScene hostile, string pod)
    {
        for (var i = 0; ; i++)
        {
            var reply = await hostile.Scene.ClaimAsync(hostile.Token(pod), "token").WaitAsync(Safety);
            if (reply.Status == HttpStatusCode.Created) return IdOf(reply);
            Assert.True(i < 300, $"not recovered: {reply.Body}");
            await Task.Delay(100);
        }
    }

    private static async Task AssertKnownAsync(HostileScene hostile, List<string> granted)
    {
        foreach (var id in granted) Assert.Equal("active", (await hostile.Scene.LeaseAsync(id)).GetProperty("state").GetString());
        Assert.Equal(granted.Count, granted.Distinct().Count());
        Assert.True(await hostile.NumberAsync("SELECT count(*) FROM leases") >= granted.Count);
        Assert.Equal(await hostile.NumberAsync("SELECT count(*) FROM leases"), await hostile.NumberAsync("SELECT count(*) FROM claims"));
    }
}
