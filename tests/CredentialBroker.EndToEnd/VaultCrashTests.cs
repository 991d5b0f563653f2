using CredentialBroker.Backends.Vault;
using CredentialBroker.TestInfra;

namespace CredentialBroker.EndToEnd;

/// <summary>kill -9 at every named point while a Vault makes or ends a credential: nothing stays that no live lease is for.</summary>
public sealed class VaultCrashTests
{
    private static readonly string[] WhileIssuing =
        ["intent.before", "intent.after", "prepare.before", "prepare.after", "mint.before", "mint.after", "active.before", "active.after"];

    private static readonly string[] WhileEnding = ["claim.before", "claim.after", "end.before", "end.after", "ended.before", "ended.after"];

    [Fact]
    public Task R24_Nothing_is_orphaned_at_a_Vault_when_killed_while_issuing() => EachAsync(WhileIssuing, (broker, token) => broker.Scene.ClaimAsync(token, "orders"));

    [Fact]
    public Task R21_The_end_at_a_Vault_goes_on_when_killed_while_ending() => EachAsync(WhileEnding, async (broker, token) =>
    {
        var claimed = await broker.Scene.ClaimAsync(token, "orders");
        Assert.True(claimed.Status == System.Net.HttpStatusCode.Created, claimed.Body + broker.Said);
        return await broker.Scene.SendAsync(HttpMethod.Delete, $"/v1/leases/{claimed.Json.GetProperty("lease").GetProperty("id").GetString()}", token);
    });

    private static Task EachAsync(string[] points, Func<BrokerProcess, string, Task<Reply>> scenario) =>
        Parallel.ForEachAsync(points, new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (point, _) =>
        {
            await using var rig = await VaultRig.StartAsync();
            using var folder = new SceneFolder();
            var port = LoopbackPorts.FindFree();
            folder.Write(port, store: null, rig.AddTo);
            var pod = $"pod-{point.Replace('.', '-')}";
            await using (var killed = await BrokerProcess.StartAsync(folder, port, point))
            {
                await killed.Scene.ActivateAsync(SceneFolder.Template("orders", $"{{ vault: {{ target: main, engine: database, path: {rig.Path} }} }}"));
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
            await SettledAsync(again, rig.StandIn!.State, point);
        });

    /// <summary>Whatever was read at the Vault is for a lease that is active, and no lease is left half done.</summary>
    private static async Task SettledAsync(BrokerProcess broker, StandInState vault, string point)
    {
        for (var i = 0; ; i++)
        {
            var leases = (await broker.Scene.OperatorAsync(HttpMethod.Get, "/v1/leases")).Json.GetProperty("leases").EnumerateArray().ToList();
            var live = leases.Where(lease => lease.GetProperty("state").GetString() == "active").Select(lease => lease.GetProperty("id").GetString()!).ToHashSet();
            var read = vault.Locked(() => vault.Leases.Values.Select(lease => (string)vault.Tokens[lease.Token].Meta["lease"]!).ToList());
            if (read.All(live.Contains) && leases.All(lease => lease.GetProperty("state").GetString() is "active" or "ended")) return;
            Assert.True(i < 1200, $"{point}: read for leases that are not live: {string.Join(", ", read.Where(id => !live.Contains(id)))}; {leases.Count} leases\n{broker.Said}");
            await Task.Delay(50);
        }
    }
}
