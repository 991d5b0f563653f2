using System.Net;
using CredentialBroker.TestInfra;

namespace CredentialBroker.Tests.Refusals;

/// <summary>However much is asked for, those who stop things are heard.</summary>
[Collection("postgres")]
public sealed class SaturationTests(PostgresFixture postgres)
{
    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgres")]
    public async Task A_freeze_and_a_revocation_are_done_while_issuing_is_saturated(string store)
    {
        await using var hostile = await HostileScene.StartAsync(store == "postgres" ? await postgres.NewDatabaseAsync() : null, templates: SceneFolder.Token(concurrent: 1000));
        var scene = hostile.Scene;
        var pod = await hostile.ApprovedPodAsync("token");
        var token = hostile.Token(pod);
        var lease = (await scene.ClaimAsync(token, "token")).Json.GetProperty("lease").GetProperty("id").GetString()!;
        using var stop = new CancellationTokenSource();
        var answered = 0;
        var loops = Enumerable.Range(0, 64).Select(_ => Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                var reply = await scene.ClaimAsync(token, "token");
                Assert.True(reply.Status == HttpStatusCode.Created || reply.Code is "frozen" or "concurrent_leases" or "overloaded" or "facts_changed", reply.Body);
                Interlocked.Increment(ref answered);
            }
        })).ToArray();
        while (Volatile.Read(ref answered) < 64) await Task.Delay(10);

        var safety = TimeSpan.FromSeconds(5);
        Assert.Equal(HttpStatusCode.Accepted, (await scene.OperatorAsync(HttpMethod.Delete, $"/v1/leases/{lease}?reason=leaked").WaitAsync(safety)).Status);
        Assert.Equal(HttpStatusCode.Created, (await scene.OperatorAsync(HttpMethod.Post, "/v1/freezes", """{"selector":"template=token","reason":"drill"}""").WaitAsync(safety)).Status);
        Assert.All(loops, loop => Assert.False(loop.IsCompleted));
        Assert.Equal("frozen", (await scene.ClaimAsync(token, "token")).Code);
        var issued = await IssuedAsync(hostile);
        var before = Volatile.Read(ref answered);
        while (Volatile.Read(ref answered) < before + 64) await Task.Delay(10);
        Assert.Equal(issued, await IssuedAsync(hostile));
        await stop.CancelAsync();
        await Task.WhenAll(loops);
        Assert.Equal("revoked", (await scene.LeaseUntilAsync(lease, "ended")).GetProperty("cause").GetString());
    }

    private static async Task<long> IssuedAsync(HostileScene hostile) =>
        await hostile.NumberAsync("SELECT count(*) FROM leases") + await hostile.NumberAsync("SELECT count(*) FROM ended_leases");
}
