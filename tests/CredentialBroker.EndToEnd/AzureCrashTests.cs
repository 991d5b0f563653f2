using CredentialBroker.Backends.Azure;
using CredentialBroker.TestInfra;

namespace CredentialBroker.EndToEnd;

/// <summary>kill -9 at every named point while something is made or ended at Azure: nothing stays that no live lease is for.</summary>
public sealed class AzureCrashTests
{
    private static readonly string[] WhileIssuing =
        ["intent.before", "intent.after", "prepare.before", "prepare.after", "mint.before", "mint.after", "active.before", "active.after"];

    private static readonly string[] WhileEnding = ["claim.before", "claim.after", "end.before", "end.after", "ended.before", "ended.after"];

    public static TheoryData<string> Modes => [AzureGrant.ServicePrincipalSecret, AzureGrant.RoleAssignment];

    [Theory]
    [MemberData(nameof(Modes))]
    public Task R24_Nothing_is_orphaned_at_Azure_when_killed_while_issuing(string mode) =>
        EachAsync(mode, WhileIssuing, (broker, token) => broker.Scene.ClaimAsync(token, "orders"));

    [Theory]
    [MemberData(nameof(Modes))]
    public Task R21_The_end_at_Azure_goes_on_when_killed_while_ending(string mode) => EachAsync(mode, WhileEnding, async (broker, token) =>
    {
        var claimed = await broker.Scene.ClaimAsync(token, "orders");
        Assert.True(claimed.Status == System.Net.HttpStatusCode.Created, claimed.Body + broker.Said);
        return await broker.Scene.SendAsync(HttpMethod.Delete, $"/v1/leases/{claimed.Json.GetProperty("lease").GetProperty("id").GetString()}", token);
    });

    private static string Section(string mode) => mode == AzureGrant.ServicePrincipalSecret
        ? "{ azure: { target: prod, mode: service-principal-secret, identity: orders } }"
        : $"{{ azure: {{ target: prod, mode: role-assignment, identity: orders, audience: \"{AzureRig.VaultAudience}\", role: {StandInResourceManager.SecretsUser}, scope: \"{StandInResourceManager.VaultScope}\" }} }}";

    private static Task EachAsync(string mode, string[] points, Func<BrokerProcess, string, Task<Reply>> scenario) =>
        Parallel.ForEachAsync(points, new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (point, _) =>
        {
            await using var rig = await AzureRig.StartAsync();
            using var folder = new SceneFolder();
            var port = LoopbackPorts.FindFree();
            folder.Write(port, store: null, rig.AddTo);
            rig.Trust($"http://127.0.0.1:{port}/issuer/federation");
            var pod = $"pod-{point.Replace('.', '-')}";
            await using (var killed = await BrokerProcess.StartAsync(folder, port, point))
            {
                await killed.Scene.ActivateAsync(SceneFolder.Template("orders", Section(mode), more: "maxResidual: 90m"));
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
            await SettledAsync(again, rig, $"{mode}, {point}");
        });

    /// <summary>Whatever stands at Azure is for a lease that is active, and no lease is left half done.</summary>
    private static async Task SettledAsync(BrokerProcess broker, AzureRig rig, string point)
    {
        for (var i = 0; ; i++)
        {
            var leases = (await broker.Scene.OperatorAsync(HttpMethod.Get, "/v1/leases")).Json.GetProperty("leases").EnumerateArray().ToList();
            var live = leases.Where(lease => lease.GetProperty("state").GetString() == "active").Select(lease => lease.GetProperty("id").GetString()!).ToHashSet();
            var made = rig.Passwords.Select(one => one.Name!).Concat(rig.Assignments.Select(one => one.Description!.Split(' ')[0])).Select(name => name.Split('-')[^1]).ToList();
            if (made.All(live.Contains) && leases.All(lease => lease.GetProperty("state").GetString() is "active" or "ended")) return;
            Assert.True(i < 2400, $"{point}: made for leases that are not live: {string.Join(", ", made.Where(id => !live.Contains(id)))}; {leases.Count} leases\n{broker.Said}");
            await Task.Delay(50);
        }
    }
}
