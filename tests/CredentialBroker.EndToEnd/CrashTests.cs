using System.Text.Json;
using System.Text.Json.Nodes;
using CredentialBroker.TestInfra;

namespace CredentialBroker.EndToEnd;

/// <summary>
/// kill -9 at every named point, on both stores, with a real database as target. After a restart: no role without a
/// live lease, no lease lost, no secret answered without its record.
/// </summary>
public sealed class CrashTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    [Fact]
    public Task Nothing_is_orphaned_when_killed_while_issuing() => OnEachStoreAsync(scene => CrashRun.IssuingAsync(scene, RecordsHoldAsync));

    [Fact]
    public Task Nothing_is_lost_when_killed_while_renewing() => OnEachStoreAsync(scene => CrashRun.RenewingAsync(scene, RecordsHoldAsync));

    [Fact]
    public Task The_end_goes_on_when_killed_while_ending() => OnEachStoreAsync(scene => CrashRun.EndingAsync(scene, RecordsHoldAsync));

    [Fact]
    public Task A_bulk_revocation_goes_on_when_killed_while_taking() =>
        Task.WhenAll(CrashPoints.WhileRevoking.Select(point => OnEachStoreAsync(scene =>
        {
            string? lease = null;
            return CrashRun.RunAsync(scene, [point], restsBetween: false, async doomed =>
            {
                lease = await doomed.ClaimedAsync();
                await doomed.KillAsync(() => doomed.Broker.Scene.SendAsync(
                    HttpMethod.Post, "/v1/revocations", doomed.Broker.Scene.OperatorToken, new StringContent("""{"selector":"template=orders","reason":"INC-77"}""", System.Text.Encoding.UTF8, "application/json"), ("Idempotency-Key", "k")));
                return lease;
            }, async broker =>
            {
                Assert.Equal("incident", (await broker.Scene.LeaseUntilAsync(lease!, "ended")).GetProperty("cause").GetString());
                await RecordsHoldAsync(broker);
            });
        })));

    private Task OnEachStoreAsync(Func<CrashScene, Task> run) => Task.WhenAll(CrashPoints.Stores.Select(async store =>
    {
        await using var orders = await OrdersDatabase.CreateAsync(await postgres.ServerAsync());
        await run(new CrashScene(
            (configuration, folder) => orders.AddTarget(configuration, folder.Path), _ => OrdersDatabase.Template,
            async () => [.. (await orders.LeaseRolesAsync()).Select(role => role[^26..])])
        {
            Store = await postgres.StoreAsync(store),
        });
    }));

    /// <summary>Every lease that ever became active has its decision, its issue and its one access on record, and the chains hold.</summary>
    private static async Task RecordsHoldAsync(BrokerProcess broker)
    {
        var lines = (await broker.Scene.OperatorAsync(HttpMethod.Get, "/v1/audit")).Body.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(l => JsonSerializer.Deserialize(l, Protocol.ProtocolJson.Default.AuditLine)!).ToList();
        var verdict = await Protocol.Evidence.ChainVerifier.VerifyAsync(lines.ToAsyncEnumerable());
        Assert.True(verdict.Problem is null, verdict.Problem);
        var records = lines.Select(l => JsonNode.Parse(l.Body)!).ToList();
        int Count(string type, string id) => records.Count(r => (string?)r["type"] == type && (string?)r["lease"] == id);
        foreach (var id in records.Where(r => (string?)r["type"] == "secret.accessed").Select(r => (string)r["lease"]!).Distinct())
        {
            Assert.True(Count("credential.decision", id) >= 1 && Count("credential.issued", id) == 1, $"lease {id} was handed out without its record");
        }
    }
}
