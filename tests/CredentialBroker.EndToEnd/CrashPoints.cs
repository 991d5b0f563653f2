using System.Text.Json.Nodes;
using CredentialBroker.TestInfra;

namespace CredentialBroker.EndToEnd;

/// <summary>kill -9 at a named point, a start after it, and what must be true at the target then.</summary>
internal static class CrashPoints
{
    public static readonly string[] WhileIssuing =
        ["intent.before", "intent.after", "prepare.before", "prepare.after", "mint.before", "mint.after", "active.before", "active.after"];

    public static readonly string[] WhileEnding = ["claim.before", "claim.after", "end.before", "end.after", "ended.before", "ended.after"];

    public static Task ClaimAsync(BrokerProcess broker, string token) => broker.Scene.ClaimAsync(token, "orders");

    public static async Task EndAsync(BrokerProcess broker, string token)
    {
        var claimed = await broker.Scene.ClaimAsync(token, "orders");
        Assert.True(claimed.Status == System.Net.HttpStatusCode.Created, claimed.Body + broker.Said);
        await broker.Scene.SendAsync(HttpMethod.Delete, $"/v1/leases/{claimed.Json.GetProperty("lease").GetProperty("id").GetString()}", token);
    }

    public static Task EachAsync(string[] points, Func<BrokerProcess, string, Task> scenario, Func<string, Func<BrokerProcess, string, Task>, Task> run) =>
        Parallel.ForEachAsync(points, new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (point, _) => await run(point, scenario));

    /// <param name="template">Called <c>orders</c>.</param>
    /// <param name="atTarget">Ids of the leases for which there is something at the target.</param>
    public static async Task KilledAsync(string point, string template, Action<JsonObject> configure, Func<BrokerProcess, string, Task> scenario, Func<IReadOnlyList<string>> atTarget)
    {
        using var folder = new SceneFolder();
        var port = LoopbackPorts.FindFree();
        folder.Write(port, store: null, configure);
        var pod = $"pod-{point.Replace('.', '-')}";
        await using (var killed = await BrokerProcess.StartAsync(folder, port, point))
        {
            await killed.Scene.ActivateAsync(template);
            await killed.Scene.ApproveAsync(killed.Scene.ApprovalOf(pod, "orders"));
            try
            {
                await scenario(killed, killed.Scene.Token(pod));
            }
            catch (Exception error) when (error is HttpRequestException or System.Net.Sockets.SocketException)
            {
                // The connection broke with the process, as it should.
            }

            Assert.True(await killed.ExitAsync() == 137, $"{point}: the process was not killed there: {killed.Said}");
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
}
