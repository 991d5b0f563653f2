using System.Net;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Workload;
using CredentialBroker.Runtime.Watching;
using CredentialBroker.TestInfra;
using Microsoft.Extensions.Hosting;

namespace CredentialBroker.Tests.Runtime;

/// <summary>A workload hears what becomes of its own leases, and of nobody else's.</summary>
[Collection("postgres")]
public sealed class WatchTests(PostgresFixture postgres)
{
    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgres")]
    public async Task R24_A_workload_hears_at_once_that_its_lease_is_revoked_frozen_or_over(string provider)
    {
        await using var broker = await StartAsync(provider);
        var scene = broker.Scene;
        var (pod, lease) = await ClaimAsync(scene);
        var (_, other) = await ClaimAsync(scene);
        await using var watch = new Watching(scene, scene.Token(pod));

        var active = await watch.NextAsync();
        Assert.Equal((lease, "active", "ttl", false), (active.Lease, active.State, active.EndsBecause, active.Frozen));
        Assert.Equal(active.EndsAt, active.RenewBy);

        Assert.Equal(HttpStatusCode.OK, (await scene.RenewAsync(scene.Token(pod), lease)).Status);
        Assert.True((await watch.NextAsync()).EndsAt > active.EndsAt);

        var freeze = await scene.OperatorAsync(HttpMethod.Post, "/v1/freezes", """{"selector":"namespace=shop","reason":"drill"}""");
        Assert.Equal(HttpStatusCode.Created, freeze.Status);
        Assert.True((await watch.NextAsync()).Frozen);
        await scene.OperatorAsync(HttpMethod.Delete, $"/v1/freezes/{freeze.Json.GetProperty("id").GetString()}");
        Assert.False((await watch.NextAsync()).Frozen);

        await scene.OperatorAsync(HttpMethod.Delete, $"/v1/leases/{other}");
        await scene.OperatorAsync(HttpMethod.Delete, $"/v1/leases/{lease}");
        var over = await watch.NextAsync();
        Assert.Equal((lease, "revoked"), (over.Lease, over.EndsBecause));
        Assert.Contains(over.State, new[] { "ending", "ended" });
        if (over.State == "ending") over = await watch.NextAsync();
        Assert.Equal((lease, "ended", "revoked"), (over.Lease, over.State, over.EndsBecause));
    }

    [Fact]
    public async Task The_end_of_a_task_is_told_and_so_is_a_lease_claimed_meanwhile()
    {
        await using var broker = await StartAsync("sqlite");
        var scene = broker.Scene;
        var (pod, lease) = await ClaimAsync(scene);
        await using var watch = new Watching(scene, scene.Token(pod));
        await watch.NextAsync();
        var second = (await scene.ClaimAsync(scene.Token(pod), "token")).Json.GetProperty("lease").GetProperty("id").GetString();
        Assert.Equal(second, (await watch.NextAsync()).Lease);
        await scene.OperatorAsync(HttpMethod.Post, $"/v1/tasks/task-{pod}/end");
        var ended = new HashSet<string>();
        while (ended.Count < 2)
        {
            var standing = await watch.NextAsync();
            Assert.Equal("task_end", standing.EndsBecause);
            ended.Add(standing.Lease);
        }

        Assert.Equal([lease, second], ended.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Without_evidence_that_holds_nothing_is_told()
    {
        await using var broker = await StartAsync("sqlite");
        Assert.Equal(ReasonCodes.EvidenceMissing, (await broker.Scene.SendAsync(HttpMethod.Get, "/v1/workload/events", null)).Code);
        Assert.Equal(ReasonCodes.EvidenceMalformed, (await broker.Scene.SendAsync(HttpMethod.Get, "/v1/workload/events", "nonsense")).Code);
        // An operator is no workload.
        Assert.Equal(HttpStatusCode.Unauthorized, (await broker.Scene.SendAsync(HttpMethod.Get, "/v1/workload/events", broker.Scene.OperatorToken)).Status);
    }

    [Fact]
    public async Task A_stream_ends_with_the_evidence_that_opened_it()
    {
        await using var broker = await StartAsync("sqlite");
        var scene = broker.Scene;
        var (pod, _) = await ClaimAsync(scene);
        await using var watch = new Watching(scene, scene.Cluster.PodToken("shop", "checkout", pod, TimeSpan.FromSeconds(3)));
        await watch.NextAsync();
        Assert.False(await watch.GoesOnAsync());
    }

    [Fact]
    public async Task One_workload_watches_a_few_times_and_no_more()
    {
        await using var broker = await StartAsync("sqlite");
        var scene = broker.Scene;
        var (pod, _) = await ClaimAsync(scene);
        var standings = broker.Get<Standings>();
        var watches = Enumerable.Range(0, 8).Select(_ => standings.Watch("one")).ToList();
        Assert.All(watches, Assert.NotNull);
        Assert.Null(standings.Watch("one"));
        using (var another = standings.Watch("two")) Assert.NotNull(another);
        watches.ForEach(watch => watch!.Dispose());
        using (var again = standings.Watch("one")) Assert.NotNull(again);
        Assert.NotEmpty(pod);
    }

    [Fact]
    public async Task The_broker_stops_although_somebody_watches()
    {
        var broker = await StartAsync("sqlite");
        var (pod, _) = await ClaimAsync(broker.Scene);
        await using var watch = new Watching(broker.Scene, broker.Scene.Token(pod));
        await watch.NextAsync();
        broker.Get<IHostApplicationLifetime>().StopApplication();
        while (await watch.GoesOnAsync())
        {
            // What was on its way.
        }

        await broker.DisposeAsync();
    }

    private async Task<RunningBroker> StartAsync(string provider)
    {
        var broker = await Brokers.StartAsync(provider == "postgres" ? await postgres.NewDatabaseAsync() : null);
        await broker.Scene.ActivateAsync(SceneFolder.Token());
        return broker;
    }

    private static async Task<(string Pod, string Lease)> ClaimAsync(Scene scene)
    {
        var pod = scene.NewPod();
        await scene.ApproveAsync(scene.ApprovalOf(pod, "token"));
        var claimed = await scene.ClaimAsync(scene.Token(pod), "token");
        Assert.True(claimed.Status == HttpStatusCode.Created, claimed.Body);
        return (pod, claimed.Json.GetProperty("lease").GetProperty("id").GetString()!);
    }

    /// <summary>The protocol's own client at the stream.</summary>
    private sealed class Watching : IAsyncDisposable
    {
        private readonly HttpClient _http;
        private readonly IAsyncEnumerator<LeaseStanding> _events;

        public Watching(Scene scene, string token)
        {
            _http = new HttpClient(BrokerHttp.Handler(scene.Address)) { BaseAddress = scene.Address };
            _events = new BrokerClient(_http, token).WatchLeasesAsync(() => Task.CompletedTask).GetAsyncEnumerator();
        }

        public async Task<LeaseStanding> NextAsync()
        {
            Assert.True(await GoesOnAsync(), "the stream ended");
            return _events.Current;
        }

        public async Task<bool> GoesOnAsync() => await _events.MoveNextAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(60));

        public async ValueTask DisposeAsync()
        {
            await _events.DisposeAsync();
            _http.Dispose();
        }
    }
}
