using CredentialBroker.Backends.Vault;
using CredentialBroker.TestInfra;

namespace CredentialBroker.EndToEnd;

/// <summary>
/// kill -9 at every named point while a Vault makes, extends or ends a credential, on both stores: nothing stays that no
/// live lease is for, and no lease is lost.
/// </summary>
[Collection("postgres")]
public sealed class VaultCrashTests(PostgresFixture postgres)
{
    public static TheoryData<string> Stores => [.. CrashPoints.Stores];

    [Theory]
    [MemberData(nameof(Stores))]
    public Task R24_Nothing_is_orphaned_at_a_Vault_when_killed_while_issuing(string store) => EachAsync(CrashPoints.WhileIssuing, store, async (broker, point, token) =>
    {
        await CrashPoints.KillAsync(broker, point, () => broker.Scene.ClaimAsync(token, "orders"));
        return null;
    });

    [Theory]
    [MemberData(nameof(Stores))]
    public Task Nothing_is_lost_at_a_Vault_when_killed_while_renewing(string store) => EachAsync(CrashPoints.WhileRenewing, store, async (broker, point, token) =>
    {
        var lease = await CrashPoints.ClaimedAsync(broker, token);
        await CrashPoints.KillAsync(broker, point, () => broker.Scene.RenewAsync(token, lease));
        return lease;
    });

    [Theory]
    [MemberData(nameof(Stores))]
    public Task R21_The_end_at_a_Vault_goes_on_when_killed_while_ending(string store) => EachAsync(CrashPoints.WhileEnding, store, async (broker, point, token) =>
    {
        var lease = await CrashPoints.ClaimedAsync(broker, token);
        await CrashPoints.KillAsync(broker, point, () => broker.Scene.SendAsync(HttpMethod.Delete, $"/v1/leases/{lease}", token));
        return lease;
    });

    /// <summary>Points run a few at a time: each is mostly waiting for processes and deadlines.</summary>
    private Task EachAsync(string[] points, string store, Func<BrokerProcess, string, string, Task<string?>> scenario) =>
        Parallel.ForEachAsync(points, new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (point, _) =>
        {
            await using var rig = await VaultRig.StartAsync();
            using var folder = new SceneFolder();
            var port = LoopbackPorts.FindFree();
            folder.Write(port, store == "postgres" ? await postgres.NewDatabaseAsync() : null, rig.AddTo);
            var pod = $"pod-{point.Replace('.', '-')}";
            string? lease;
            await using (var killed = await BrokerProcess.StartAsync(folder, port, point))
            {
                await killed.Scene.ActivateAsync(SceneFolder.Template("orders", $"{{ vault: {{ target: main, engine: database, path: {rig.Path} }} }}", concurrent: 50));
                await killed.Scene.ApproveAsync(killed.Scene.ApprovalOf(pod, "orders", ("maxUses", 50)));
                lease = await scenario(killed, point, killed.Scene.Token(pod));
            }

            await using var again = await BrokerProcess.StartAsync(folder, port);
            await SettledAsync(again, rig.StandIn!.State, point);
            if (lease is not null) Assert.True((await again.Scene.LeaseAsync(lease)).TryGetProperty("state", out var _), $"{point}: lease {lease} is lost");
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
