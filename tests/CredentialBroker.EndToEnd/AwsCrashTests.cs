using CredentialBroker.Backends.Aws;
using CredentialBroker.TestInfra;

namespace CredentialBroker.EndToEnd;

/// <summary>kill -9 at every named point while a session is made or ended, in both modes: nothing works that no live lease is for.</summary>
public sealed class AwsCrashTests
{
    private static readonly string[] WhileIssuing =
        ["intent.before", "intent.after", "prepare.before", "prepare.after", "mint.before", "mint.after", "active.before", "active.after"];

    private static readonly string[] WhileEnding = ["claim.before", "claim.after", "end.before", "end.after", "ended.before", "ended.after"];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public Task R24_Nothing_is_orphaned_at_AWS_when_killed_while_issuing(bool ownRole) => EachAsync(ownRole, WhileIssuing, (broker, token) => broker.Scene.ClaimAsync(token, "orders"));

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public Task R21_The_end_at_AWS_goes_on_when_killed_while_ending(bool ownRole) => EachAsync(ownRole, WhileEnding, async (broker, token) =>
    {
        var claimed = await broker.Scene.ClaimAsync(token, "orders");
        Assert.True(claimed.Status == System.Net.HttpStatusCode.Created, claimed.Body + broker.Said);
        return await broker.Scene.SendAsync(HttpMethod.Delete, $"/v1/leases/{claimed.Json.GetProperty("lease").GetProperty("id").GetString()}", token);
    });

    private static Task EachAsync(bool ownRole, string[] points, Func<BrokerProcess, string, Task<Reply>> scenario) =>
        Parallel.ForEachAsync(points, new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (point, _) =>
        {
            await using var rig = await AwsRig.StartAsync();
            using var folder = new SceneFolder();
            var port = LoopbackPorts.FindFree();
            folder.Write(port, store: null, rig.AddTo);
            var pod = $"pod-{point.Replace('.', '-')}";
            var how = ownRole ? "mode: role" : $"role: \"{rig.Role.Arn}\"";
            await using (var killed = await BrokerProcess.StartAsync(folder, port, point))
            {
                await killed.Scene.ActivateAsync(SceneFolder.Template(
                    "orders", $"{{ aws: {{ target: prod, {how}, scopes: {{ read: {{ statements: [{{ actions: [\"s3:GetBucketLocation\"], resources: [\"{AwsRig.Bucket}\"] }}] }} }} }} }}"));
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
            await SettledAsync(again, rig.Account, point);
        });

    /// <summary>Whatever session or role works is for a lease that is active, and no lease is left half done.</summary>
    private static async Task SettledAsync(BrokerProcess broker, StandInAccount account, string point)
    {
        for (var i = 0; ; i++)
        {
            var leases = (await broker.Scene.OperatorAsync(HttpMethod.Get, "/v1/leases")).Json.GetProperty("leases").EnumerateArray().ToList();
            var live = leases.Where(lease => lease.GetProperty("state").GetString() == "active").Select(lease => lease.GetProperty("id").GetString()!).ToHashSet();
            var working = account.Locked(() => account.Sessions.Values.Where(session => account.Allows(new StandInCaller(null, session), "s3:GetBucketLocation", AwsRig.Bucket)).Select(session => session.Tags["lease-id"])
                .Concat(account.Roles.Values.Where(role => role.Path == "/credbroker/").Select(role => role.Tags["credbroker-lease"])).ToList());
            if (working.All(live.Contains) && leases.All(lease => lease.GetProperty("state").GetString() is "active" or "ended")) return;
            Assert.True(i < 1200, $"{point}: works for leases that are not live: {string.Join(", ", working.Where(id => !live.Contains(id)))}; {leases.Count} leases\n{broker.Said}");
            await Task.Delay(50);
        }
    }
}
