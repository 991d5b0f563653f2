using System.Net;
using CredentialBroker.Backends;
using CredentialBroker.Backends.Kubernetes;
using CredentialBroker.TestInfra;

namespace CredentialBroker.Tests.Issuance;

/// <summary>The life of a lease of a cluster's token, from claim to end, through the broker's own door.</summary>
public sealed class KubernetesFlowTests
{
    [Fact]
    public async Task R24_R47_The_tokens_of_a_task_end_with_the_task()
    {
        await using var rig = await KubernetesRig.StartAsync();
        await using var broker = await Brokers.StartAsync(change: rig.AddTo);
        var (pod, reply) = await ClaimAsync(broker, Template(rig, "15m", "0s"));
        Assert.True(reply.Status == HttpStatusCode.Created, reply.Body);
        var lease = reply.Json.GetProperty("lease");
        Assert.Equal("Immediate", lease.GetProperty("revocability").GetString());
        Assert.True(lease.GetProperty("diesBy").GetDateTimeOffset() <= lease.GetProperty("endsAt").GetDateTimeOffset());
        var id = lease.GetProperty("id").GetString()!;
        var first = reply.Json.GetProperty("credential").GetProperty("token").GetString()!;
        var renewed = await broker.Scene.RenewAsync(broker.Scene.Token(pod), id);
        Assert.True(renewed.Status == HttpStatusCode.OK, renewed.Body);
        var second = renewed.Json.GetProperty("credential").GetProperty("token").GetString()!;
        Assert.NotEqual(first, second);
        Assert.All([first, second], token => Assert.NotNull(rig.StandIn!.Locked(state => state.Verify(token, [KubernetesState.ApiAudience]))));

        await broker.Scene.SendAsync(HttpMethod.Post, $"/v1/tasks/task-{pod}/end", broker.Scene.Token(pod));
        await broker.Scene.LeaseUntilAsync(id, "ended");
        Assert.All([first, second], token => Assert.Null(rig.StandIn!.Locked(state => state.Verify(token, [KubernetesState.ApiAudience]))));
        Assert.Empty(rig.StandIn!.State.Secrets);
        Assert.DoesNotContain(second[^40..], (await broker.Scene.OperatorAsync(HttpMethod.Get, "/v1/audit")).Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_lost_answer_is_ended_at_the_cluster_and_its_claim_refused()
    {
        await using var rig = await KubernetesRig.StartAsync();
        await using var broker = await Brokers.StartAsync(change: rig.AddTo);
        rig.StandIn!.Losing[$"POST {rig.TokenPath}"] = true;
        var (_, reply) = await ClaimAsync(broker, Template(rig, "15m", "0s"));
        Assert.Equal("target_unavailable", reply.Code);
        for (var i = 0; rig.StandIn.Locked(state => state.Secrets.Count) > 0; i++)
        {
            Assert.True(i < 600, "what was made and lost is still there");
            await Task.Delay(100);
        }

        Assert.Single(rig.StandIn.Asked, asked => asked.EndsWith("/deployer/token", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("0s", "residual_too_long")]
    [InlineData("10m", null)]
    public async Task R22_A_lease_shorter_than_any_token_needs_a_template_that_accepts_it(string residual, string? code)
    {
        await using var rig = await KubernetesRig.StartAsync();
        await using var broker = await Brokers.StartAsync(change: rig.AddTo);
        var (_, reply) = await ClaimAsync(broker, Template(rig, "5m", residual));
        Assert.Equal((code is null ? HttpStatusCode.Created : HttpStatusCode.Forbidden, code), (reply.Status, reply.Code));
    }

    private static string Template(KubernetesRig rig, string ttl, string residual) =>
        SceneFolder.Template("orders", $"{{ kubernetes: {{ target: main, namespace: {rig.Namespace}, serviceAccount: deployer }} }}", ttl, more: $"maxResidual: {residual}");

    private static async Task<(string Pod, Reply Reply)> ClaimAsync(RunningBroker broker, string template)
    {
        await broker.Scene.ActivateAsync(template);
        var pod = broker.Scene.NewPod();
        await broker.Scene.ApproveAsync(broker.Scene.ApprovalOf(pod, "orders"));
        return (pod, await broker.Scene.ClaimAsync(broker.Scene.Token(pod), "orders"));
    }
}
