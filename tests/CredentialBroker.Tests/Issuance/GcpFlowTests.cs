using System.Net;
using CredentialBroker.Backends.Gcp;
using CredentialBroker.Issuer;
using CredentialBroker.TestInfra;

namespace CredentialBroker.Tests.Issuance;

/// <summary>The life of a lease at Google Cloud through the broker's own door and by its own federation issuer.</summary>
public sealed class GcpFlowTests
{
    private const string Scopes = $"oauthScopes: [\"{StandInStorage.ReadOnly}\"]";

    [Fact]
    public async Task R22_R28_A_service_accounts_token_lives_as_long_as_the_lease_and_reaches_one_bucket()
    {
        await using var rig = await GcpRig.StartAsync();
        await using var broker = await StartAsync(rig);
        var (pod, reply) = await ClaimAsync(broker, SceneFolder.Template(
            "orders", $"{{ gcp: {{ target: prod, mode: impersonated, serviceAccount: {GcpRig.Account}, {Scopes}, boundary: {{ bucket: orders-eu, roles: [{StandInStorage.Viewer}] }} }} }}"));
        Assert.True(reply.Status == HttpStatusCode.Created, reply.Body);
        var secret = new Backends.Secret(("token", reply.Json.GetProperty("credential").GetProperty("token").GetString()!));
        Assert.True(await rig.ListsAsync(secret));
        Assert.False(await rig.ListsAsync(secret, "orders-us"));
        var lease = reply.Json.GetProperty("lease");
        Assert.Equal("ExpiryOnly", lease.GetProperty("revocability").GetString());
        Assert.True(lease.GetProperty("diesBy").GetDateTimeOffset() <= lease.GetProperty("endsAt").GetDateTimeOffset());
        Assert.Equal([lease.GetProperty("id").GetString()!], rig.StandIn.State.Sts.Subjects);
        var renewed = await broker.Scene.RenewAsync(broker.Scene.Token(pod), lease.GetProperty("id").GetString()!);
        Assert.True(renewed.Status == HttpStatusCode.OK, renewed.Body);
        Assert.DoesNotContain("ya29", (await broker.Scene.OperatorAsync(HttpMethod.Get, "/v1/audit")).Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task R23_A_federated_token_is_the_leases_own_and_its_residual_is_the_templates_to_accept()
    {
        await using var rig = await GcpRig.StartAsync();
        await using var broker = await StartAsync(rig);
        var (_, reply) = await ClaimAsync(broker, SceneFolder.Template("orders", $"{{ gcp: {{ target: prod, mode: federated, group: {GcpRig.Group}, {Scopes} }} }}", more: "maxResidual: 1h"));
        Assert.True(reply.Status == HttpStatusCode.Created, reply.Body);
        Assert.Equal([reply.Json.GetProperty("lease").GetProperty("id").GetString()!], rig.StandIn.State.Sts.Subjects);
        Assert.InRange(reply.Json.GetProperty("lease").GetProperty("diesBy").GetDateTimeOffset() - reply.Json.GetProperty("lease").GetProperty("endsAt").GetDateTimeOffset(), TimeSpan.FromMinutes(54), TimeSpan.FromMinutes(60));
    }

    private static async Task<RunningBroker> StartAsync(GcpRig rig)
    {
        var broker = await Brokers.StartAsync(change: rig.AddTo);
        (rig.StandIn.State.Sts.Issuer, rig.StandIn.State.Sts.Keys) = (broker.Get<KeyRings>().Federation.Issuer, null);
        return broker;
    }

    private static async Task<(string Pod, Reply Reply)> ClaimAsync(RunningBroker broker, string template)
    {
        await broker.Scene.ActivateAsync(template);
        var pod = broker.Scene.NewPod();
        await broker.Scene.ApproveAsync(broker.Scene.ApprovalOf(pod, "orders"));
        return (pod, await broker.Scene.ClaimAsync(broker.Scene.Token(pod), "orders"));
    }
}
