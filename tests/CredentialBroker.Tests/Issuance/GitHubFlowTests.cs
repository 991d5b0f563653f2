using System.Net;
using CredentialBroker.Backends;
using CredentialBroker.Backends.GitHub;
using CredentialBroker.TestInfra;

namespace CredentialBroker.Tests.Issuance;

/// <summary>The life of a lease of an installation token, from claim to end, through the broker's own door.</summary>
public sealed class GitHubFlowTests
{
    [Fact]
    public async Task R24_R47_The_token_of_a_task_ends_with_the_task_and_is_nowhere_in_clear()
    {
        await using var rig = await GitHubRig.StartAsync();
        await using var broker = await Brokers.StartAsync(change: rig.AddTo);
        var (pod, reply) = await ClaimAsync(broker, "1h");
        Assert.True(reply.Status == HttpStatusCode.Created, reply.Body);
        var lease = reply.Json.GetProperty("lease");
        Assert.Equal("Immediate", lease.GetProperty("revocability").GetString());
        Assert.True(lease.GetProperty("diesBy").GetDateTimeOffset() > lease.GetProperty("endsAt").GetDateTimeOffset().AddMinutes(40));
        var token = reply.Json.GetProperty("credential").GetProperty("token").GetString()!;
        Assert.True(rig.StandIn!.Takes(token));
        var id = lease.GetProperty("id").GetString()!;
        var renewed = await broker.Scene.RenewAsync(broker.Scene.Token(pod), id);
        Assert.True(renewed.Status == HttpStatusCode.OK, renewed.Body);

        await broker.Scene.SendAsync(HttpMethod.Post, $"/v1/tasks/task-{pod}/end", broker.Scene.Token(pod));
        await broker.Scene.LeaseUntilAsync(id, "ended");
        Assert.False(rig.StandIn.Takes(token));
        Assert.DoesNotContain(token[4..], (await broker.Scene.OperatorAsync(HttpMethod.Get, "/v1/audit")).Body, StringComparison.Ordinal);
        foreach (var file in Directory.EnumerateFiles(Path.Combine(broker.Folder.Path, "data"), "*.db*"))
        {
            await using var open = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var read = new StreamReader(open, System.Text.Encoding.Latin1);
            Assert.DoesNotContain(token[4..], await read.ReadToEndAsync(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task R22_A_token_that_outlives_its_lease_by_more_than_is_accepted_is_refused_and_ended()
    {
        await using var rig = await GitHubRig.StartAsync();
        await using var broker = await Brokers.StartAsync(change: rig.AddTo);
        var (_, reply) = await ClaimAsync(broker, "0s");
        Assert.Equal((HttpStatusCode.Forbidden, "residual_too_long"), (reply.Status, reply.Code));
        var made = Assert.Single(rig.StandIn!.Tokens);
        // Ended by the token that was sealed into the lease although nobody got it.
        for (var i = 0; rig.StandIn.Takes(made.Token); i++)
        {
            Assert.True(i < 600, "what was made and not handed out is still there");
            await Task.Delay(100);
        }
    }

    [Fact]
    public async Task R24_A_token_made_while_its_lease_was_revoked_is_ended()
    {
        await using var rig = await GitHubRig.StartAsync();
        await using var broker = await Brokers.StartAsync(change: rig.AddTo);
        rig.StandIn!.Changing[GitHubRig.MintCall] = _ =>
        {
            var leases = broker.Scene.OperatorAsync(HttpMethod.Get, "/v1/leases").GetAwaiter().GetResult();
            var pending = leases.Json.GetProperty("leases").EnumerateArray().Single().GetProperty("id").GetString();
            var revoked = broker.Scene.OperatorAsync(HttpMethod.Delete, $"/v1/leases/{pending}").GetAwaiter().GetResult();
            Assert.True((int)revoked.Status is >= 200 and < 300, revoked.Body);
        };
        var (_, reply) = await ClaimAsync(broker, "1h");
        Assert.NotEqual(HttpStatusCode.Created, reply.Status);
        var made = Assert.Single(rig.StandIn.Tokens);
        for (var i = 0; rig.StandIn.Takes(made.Token); i++)
        {
            Assert.True(i < 600, $"what was made and not handed out is still there; the claim was answered {reply.Code}");
            await Task.Delay(100);
        }
    }

    private static async Task<(string Pod, Reply Reply)> ClaimAsync(RunningBroker broker, string residual)
    {
        await broker.Scene.ActivateAsync(SceneFolder.Template(
            "orders", "{ github: { target: main, repositories: [shop], permissions: { contents: read } } }", ttl: "15m", more: $"maxResidual: {residual}"));
        var pod = broker.Scene.NewPod();
        await broker.Scene.ApproveAsync(broker.Scene.ApprovalOf(pod, "orders"));
        return (pod, await broker.Scene.ClaimAsync(broker.Scene.Token(pod), "orders"));
    }
}
