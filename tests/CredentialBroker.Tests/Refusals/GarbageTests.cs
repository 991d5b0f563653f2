using System.Diagnostics;
using System.Net;
using System.Text.Json;
using CredentialBroker.Hosting;
using CredentialBroker.TestInfra;

namespace CredentialBroker.Tests.Refusals;

/// <summary>The heap is weighed, so nothing else runs meanwhile.</summary>
[CollectionDefinition("alone", DisableParallelization = true)]
public sealed class AloneCollection;

/// <summary>Whoever sends garbage gets refusals: no place in the audit, none in memory, and nobody else's.</summary>
[Collection("alone")]
public sealed class GarbageTests
{
    private const int WarmUp = 2_000;
    private const int Requests = 10_000;
    private const int Senders = 16;
    private const int Pods = 100;
    private const int ClaimsOfPod = 3;

    /// <summary>Half of what would be kept if one kilobyte of each request were.</summary>
    private const long Growth = Requests * 1024L / 2;

    [Fact]
    public async Task However_much_garbage_comes_the_audit_stays_small_memory_stays_and_every_good_claim_is_granted()
    {
        await using var hostile = await HostileScene.StartAsync(templates: SceneFolder.Token(concurrent: ClaimsOfPod));
        var scene = hostile.Scene;
        var pods = new List<string>();
        for (var i = 0; i < Pods + 1; i++) pods.Add(await hostile.ApprovedPodAsync("token"));
        var garbage = new Garbage(scene, hostile.Token(pods[Pods]));
        Assert.Equal(HttpStatusCode.Created, (await scene.ClaimAsync(hostile.Token(pods[Pods]), "token")).Status);
        var sent = await SendAsync(garbage, WarmUp, Task.CompletedTask);
        var (heap, series) = (Heap(), await SeriesAsync(scene));
        var (records, began) = (await hostile.NumberAsync("SELECT count(*) FROM audit"), Stopwatch.GetTimestamp());
        var failedBefore = (await hostile.AuditAsync("attestation.failed")).Count;

        // Garbage goes on until every good claim beside it was answered.
        var claims = ClaimAsync(hostile, pods.Take(Pods));
        foreach (var (told, count) in await SendAsync(garbage, Requests, claims)) sent[told] += count;
        var replies = await claims;
        Assert.Equal(Pods * ClaimsOfPod, replies.Count);
        Assert.All(replies, reply => Assert.True(reply.Status == HttpStatusCode.Created, reply.Body));

        Assert.InRange(Heap() - heap, long.MinValue, Growth);
        Assert.Empty((await SeriesAsync(scene)).Except(series));

        // Counted to the last one, in one record for each code and telling.
        for (var i = 0; i < 600 && await CountedAsync(hostile, "attestation.failed") < sent[Told.AsEvidence]; i++) await Task.Delay(100);
        await hostile.Broker.Get<DoorTally>().TellAsync();
        Assert.Equal(sent[Told.AsEvidence], await CountedAsync(hostile, "attestation.failed"));
        Assert.Equal(sent[Told.AtTheDoor], await CountedAsync(hostile, "operator.refused"));
        var seconds = (long)Math.Ceiling(Stopwatch.GetElapsedTime(began).TotalSeconds) + 1;
        var failed = await hostile.AuditAsync("attestation.failed");
        Assert.InRange(failed.Count - failedBefore, 1, Kinds(failed, "cause", atMost: garbage.Kinds) * seconds);
        var refused = await hostile.AuditAsync("operator.refused");
        Assert.InRange(refused.Count, 1, Kinds(refused, "detail", atMost: garbage.Kinds) * ((seconds / 30) + 2));
        var grown = await hostile.NumberAsync("SELECT count(*) FROM audit") - records;
        // A grant is told by three records: decided, issued, handed out. A few more are what the broker tells of itself meanwhile.
        Assert.InRange(grown, 3 * replies.Count, (3 * replies.Count) + (failed.Count - failedBefore) + refused.Count + 20);
    }

    private static async Task<Dictionary<Told, long>> SendAsync(Garbage garbage, int atLeast, Task beside)
    {
        var (number, counts) = (-1, new long[Enum.GetValues<Told>().Length]);
        await Task.WhenAll(Enumerable.Range(0, Senders).Select(_ => Task.Run(async () =>
        {
            while (Interlocked.Increment(ref number) is var mine && (mine < atLeast || !beside.IsCompleted)) Interlocked.Increment(ref counts[(int)await garbage.SendAsync(mine)]);
        })));
        return Enum.GetValues<Told>().ToDictionary(told => told, told => counts[(int)told]);
    }

    private static async Task<List<Reply>> ClaimAsync(HostileScene hostile, IEnumerable<string> pods)
    {
        var replies = new List<Reply>();
        foreach (var pod in pods)
        {
            for (var i = 0; i < ClaimsOfPod; i++) replies.Add(await hostile.Scene.ClaimAsync(hostile.Token(pod), "token"));
        }

        return replies;
    }

    /// <summary>How many kinds of refusals the records tell apart: no more than there were kinds of garbage.</summary>
    private static int Kinds(IEnumerable<JsonElement> records, string member, int atMost)
    {
        var kinds = records.Select(record => record.GetProperty(member).GetString()).Distinct().Count();
        Assert.InRange(kinds, 1, atMost);
        return kinds;
    }

    private static async Task<long> CountedAsync(HostileScene hostile, string type) => (await hostile.AuditAsync(type)).Sum(record => record.GetProperty("count").GetInt64());

    /// <summary>Names and labels of all that is measured, without the values.</summary>
    private static async Task<HashSet<string>> SeriesAsync(Scene scene) =>
        [.. (await scene.SendAsync(HttpMethod.Get, "/metrics", null)).Body.Split('\n').Where(line => line.Length > 0 && line[0] != '#').Select(line => line[..line.LastIndexOf(' ')])];

    /// <summary>What is still held once all that can be freed is.</summary>
    private static long Heap()
    {
        for (var i = 0; i < 3; i++)
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            GC.WaitForPendingFinalizers();
        }

        return GC.GetTotalMemory(forceFullCollection: true);
    }
}
