using System.Text.Json.Nodes;
using CredentialBroker.TestInfra;

namespace CredentialBroker.EndToEnd;

/// <summary>The named points at which a broker is killed, in the order in which each operation passes them, and what must be true after a start.</summary>
internal static class CrashPoints
{
    public static readonly string[] WhileIssuing =
        ["intent.before", "intent.after", "prepare.before", "prepare.after", "mint.before", "mint.after", "active.before", "active.after"];

    public static readonly string[] WhileRenewing = ["renew.before", "renew.after", "renewed.after"];

    public static readonly string[] WhileEnding = ["claim.before", "claim.after", "end.before", "end.after", "ended.before", "ended.after"];

    public static readonly string[] WhileRevoking = ["incident.before", "incident.after"];

    public static readonly string[] Stores = ["sqlite", "postgres"];

    public static Task<Reply> ClaimAsync(BrokerProcess broker, string token) => broker.Scene.ClaimAsync(token, "orders");

    public static async Task<Reply> EndAsync(BrokerProcess broker, string token) =>
        await broker.Scene.SendAsync(HttpMethod.Delete, $"/v1/leases/{await ClaimedAsync(broker, token)}", token);

    /// <summary>Points run a few at a time: each is mostly waiting for processes and deadlines.</summary>
    public static Task EachAsync(string[] points, Func<BrokerProcess, string, Task<Reply>> scenario, Func<string, Func<BrokerProcess, string, Task<Reply>>, Task> run) =>
        Parallel.ForEachAsync(points, new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (point, _) => await run(point, scenario));

    /// <param name="template">Called <c>orders</c>.</param>
    /// <param name="atTarget">Ids of the leases for which there is something at the target.</param>
    public static async Task KilledAsync(string point, string template, Action<JsonObject> configure, Func<BrokerProcess, string, Task<Reply>> scenario, Func<IReadOnlyList<string>> atTarget)
    {
        using var folder = new SceneFolder();
        var port = LoopbackPorts.FindFree();
        folder.Write(port, store: null, configure);
        var pod = $"pod-{point.Replace('.', '-')}";
        await using (var killed = await BrokerProcess.StartAsync(folder, port, point))
        {
            await killed.Scene.ActivateAsync(template);
            await killed.Scene.ApproveAsync(killed.Scene.ApprovalOf(pod, "orders", ("maxUses", 50)));
            await KillAsync(killed, point, () => scenario(killed, killed.Scene.Token(pod)));
        }

        await using var again = await BrokerProcess.StartAsync(folder, port);
        for (var i = 0; ; i++)
        {
            var leases = (await again.Scene.OperatorAsync(HttpMethod.Get, "/v1/leases")).Json.GetProperty("leases").EnumerateArray().ToList();
            var live = leases.Where(lease => lease.GetProperty("state").GetString() == "active").Select(lease => lease.GetProperty("id").GetString()!).ToHashSet();
            var there = atTarget();
            if (there.All(live.Contains) && leases.All(lease => lease.GetProperty("state").GetString() is "active" or "ended")) return;
            Assert.True(i < 1200, $"{point}: there for leases that are not live: {string.Join(", ", there.Where(id => !live.Contains(id)))}; {leases.Count} leases\n{again.Said}");
            await Task.Delay(50);
        }
    }

    /// <summary>
    /// Calls until the broker dies of it. On a busy machine a call can be refused before it comes to the named point, because
    /// the target took too long, say; then nothing but another call leads there.
    /// </summary>
    public static async Task KillAsync(BrokerProcess broker, string point, Func<Task<Reply>> call)
    {
        for (var tries = 1; !broker.HasExited; tries++)
        {
            try
            {
                var reply = await call();
                Assert.True(tries < 300, $"{point}: the broker answers instead of dying there: {(int)reply.Status} {reply.Body}\n{broker.Said}");
            }
            catch (Exception error) when (error is HttpRequestException or System.Net.Sockets.SocketException)
            {
                // The connection broke with the process, as it should. One that is lost while it is being made shows as the socket's own.
                break;
            }

            await Task.Delay(200);
        }

        Assert.True(await broker.ExitAsync() == 137, $"{point}: the process was not killed there: {broker.Said}");
    }

    /// <summary>A lease to work with; where making it was too slow, the next try has a key of its own.</summary>
    public static async Task<string> ClaimedAsync(BrokerProcess broker, string token)
    {
        for (var tries = 1; ; tries++)
        {
            var reply = await broker.Scene.ClaimAsync(token, "orders");
            if (reply.Status == System.Net.HttpStatusCode.Created) return reply.Json.GetProperty("lease").GetProperty("id").GetString()!;
            Assert.True(tries < 30 && reply.Code is "target_unavailable" or "mint_failed", reply.Body + broker.Said);
            await Task.Delay(1000);
        }
    }
}
