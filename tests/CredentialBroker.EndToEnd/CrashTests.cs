using System.Text.Json;
using System.Text.Json.Nodes;
using CredentialBroker.TestInfra;
using Npgsql;

namespace CredentialBroker.EndToEnd;

/// <summary>
/// kill -9 at every named point, on both stores, with a real database as target. After a restart: no role without a
/// live lease, no lease lost, no secret answered without its record.
/// </summary>
[Collection("postgres")]
public sealed class CrashTests(PostgresFixture postgres)
{
    public static TheoryData<string> Stores => [.. CrashPoints.Stores];

    [Theory]
    [MemberData(nameof(Stores))]
    public Task Nothing_is_orphaned_when_killed_while_issuing(string store) => EachAsync(CrashPoints.WhileIssuing, store, async (broker, point, pod) =>
    {
        await CrashPoints.KillAsync(broker, point, () => broker.Scene.ClaimAsync(broker.Scene.Token(pod), "orders"));
        return null;
    });

    [Theory]
    [MemberData(nameof(Stores))]
    public Task Nothing_is_lost_when_killed_while_renewing(string store) => EachAsync(CrashPoints.WhileRenewing, store, async (broker, point, pod) =>
    {
        var lease = await CrashPoints.ClaimedAsync(broker, broker.Scene.Token(pod));
        await CrashPoints.KillAsync(broker, point, () => broker.Scene.RenewAsync(broker.Scene.Token(pod), lease));
        return lease;
    });

    [Theory]
    [MemberData(nameof(Stores))]
    public Task The_end_goes_on_when_killed_while_ending(string store) => EachAsync(CrashPoints.WhileEnding, store, async (broker, point, pod) =>
    {
        var lease = await CrashPoints.ClaimedAsync(broker, broker.Scene.Token(pod));
        await CrashPoints.KillAsync(broker, point, () => broker.Scene.SendAsync(HttpMethod.Delete, $"/v1/leases/{lease}", broker.Scene.Token(pod)));
        return lease;
    });

    [Theory]
    [MemberData(nameof(Stores))]
    public Task A_bulk_revocation_goes_on_when_killed_while_taking(string store) => EachAsync(CrashPoints.WhileRevoking, store, async (broker, point, pod) =>
    {
        var lease = await CrashPoints.ClaimedAsync(broker, broker.Scene.Token(pod));
        await CrashPoints.KillAsync(broker, point, () => broker.Scene.SendAsync(
            HttpMethod.Post, "/v1/revocations", broker.Scene.OperatorToken, new StringContent("""{"selector":"template=orders","reason":"INC-77"}""", System.Text.Encoding.UTF8, "application/json"), ("Idempotency-Key", "k")));
        return lease;
    }, async (broker, lease) => Assert.Equal("incident", (await broker.Scene.LeaseUntilAsync(lease!, "ended")).GetProperty("cause").GetString()));

    /// <summary>Points run a few at a time: each is mostly waiting for processes and deadlines.</summary>
    /// <param name="then">What must come about after the restart, beside that nothing is orphaned.</param>
    private async Task EachAsync(string[] points, string store, Func<BrokerProcess, string, string, Task<string?>> scenario, Func<BrokerProcess, string?, Task>? then = null)
    {
        var server = await postgres.ServerAsync();
        await Parallel.ForEachAsync(points, new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (point, _) =>
        {
            await using var orders = await OrdersDatabase.CreateAsync(server);
            using var folder = new SceneFolder();
            var port = LoopbackPorts.FindFree();
            folder.Write(port, store == "postgres" ? await postgres.NewDatabaseAsync() : null, configuration => orders.AddTarget(configuration, folder.Path));
            var pod = $"pod-{point.Replace('.', '-')}";
            string? lease;
            await using (var killed = await BrokerProcess.StartAsync(folder, port, point))
            {
                await killed.Scene.ActivateAsync(OrdersDatabase.Template);
                await killed.Scene.ApproveAsync(killed.Scene.ApprovalOf(pod, "orders", ("maxUses", 5)));
                lease = await scenario(killed, point, pod);
            }

            await using var again = await BrokerProcess.StartAsync(folder, port);
            if (then is not null) await then(again, lease);
            await SettledAsync(again, orders, lease, point);
        });
    }

    /// <summary>The bar: within a minute of the operation's deadline, every role at the target has a lease that is live.</summary>
    private static async Task SettledAsync(BrokerProcess broker, OrdersDatabase orders, string? lease, string point)
    {
        for (var i = 0; ; i++)
        {
            var live = (await broker.Scene.OperatorAsync(HttpMethod.Get, "/v1/leases")).Json.GetProperty("leases").EnumerateArray()
                .Where(l => l.GetProperty("state").GetString() is "active").Select(l => l.GetProperty("id").GetString()!).ToHashSet();
            var pending = (await broker.Scene.OperatorAsync(HttpMethod.Get, "/v1/leases?selector=" + Uri.EscapeDataString("state!=active"))).Json.GetProperty("leases").GetArrayLength();
            var roles = await orders.LeaseRolesAsync();
            var orphans = roles.Where(r => !live.Contains(r[^26..])).ToList();
            if (orphans.Count == 0 && pending == 0)
            {
                if (lease is not null) Assert.True((await broker.Scene.LeaseAsync(lease)).TryGetProperty("state", out _), $"{point}: lease {lease} is lost");
                break;
            }

            Assert.True(i < 1500, $"{point}: roles without a live lease: {string.Join(", ", orphans)}; {pending} leases unsettled\n{broker.Said}");
            await Task.Delay(50);
        }

        await RecordsHoldAsync(broker, point);
    }

    /// <summary>Every lease that ever became active has its decision, its issue and its one access on record, and the chains hold.</summary>
    private static async Task RecordsHoldAsync(BrokerProcess broker, string point)
    {
        var lines = (await broker.Scene.OperatorAsync(HttpMethod.Get, "/v1/audit")).Body.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(l => JsonSerializer.Deserialize(l, Protocol.ProtocolJson.Default.AuditLine)!).ToList();
        var verdict = await Protocol.Evidence.ChainVerifier.VerifyAsync(lines.ToAsyncEnumerable());
        Assert.True(verdict.Problem is null, $"{point}: {verdict.Problem}");
        var records = lines.Select(l => JsonNode.Parse(l.Body)!).ToList();
        int Count(string type, string id) => records.Count(r => (string?)r["type"] == type && (string?)r["lease"] == id);
        foreach (var id in records.Where(r => (string?)r["type"] == "secret.accessed").Select(r => (string)r["lease"]!).Distinct())
        {
            Assert.True(Count("credential.decision", id) >= 1 && Count("credential.issued", id) == 1, $"{point}: lease {id} was handed out without its record");
        }
    }
}
