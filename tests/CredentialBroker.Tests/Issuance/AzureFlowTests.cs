using System.Net;
using CredentialBroker.Backends.Azure;
using CredentialBroker.Issuer;
using CredentialBroker.TestInfra;

namespace CredentialBroker.Tests.Issuance;

/// <summary>The life of a lease at Azure, from claim to end, through the broker's own door and by its own federation issuer.</summary>
public sealed class AzureFlowTests
{
    private static readonly string Secret = SceneFolder.Template("orders", "{ azure: { target: prod, mode: service-principal-secret, identity: orders } }", more: "maxResidual: 90m");

    [Fact]
    public async Task R24_An_applications_secret_ends_with_the_task()
    {
        await using var rig = await AzureRig.StartAsync();
        await using var broker = await StartAsync(rig);
        var (pod, reply) = await ClaimAsync(broker, Secret);
        Assert.True(reply.Status == HttpStatusCode.Created, reply.Body);
        var text = reply.Json.GetProperty("credential").GetProperty("clientSecret").GetString()!;
        Assert.Equal(text, Assert.Single(rig.Passwords).Text);
        var lease = reply.Json.GetProperty("lease");
        Assert.Equal("Principal", lease.GetProperty("revocability").GetString());
        // What was had with the secret may live on: the answer says until when.
        Assert.Equal(lease.GetProperty("endsAt").GetDateTimeOffset().AddMinutes(90), lease.GetProperty("diesBy").GetDateTimeOffset());

        await broker.Scene.SendAsync(HttpMethod.Post, $"/v1/tasks/task-{pod}/end", broker.Scene.Token(pod));
        await broker.Scene.LeaseUntilAsync(lease.GetProperty("id").GetString()!, "ended");
        Assert.Empty(rig.Passwords);
        Assert.DoesNotContain(text, (await broker.Scene.OperatorAsync(HttpMethod.Get, "/v1/audit")).Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task R24_A_role_at_one_scope_ends_with_the_task()
    {
        await using var rig = await AzureRig.StartAsync();
        await using var broker = await StartAsync(rig);
        var (pod, reply) = await ClaimAsync(broker, SceneFolder.Template(
            "orders", $"{{ azure: {{ target: prod, mode: role-assignment, identity: orders, audience: \"{AzureRig.VaultAudience}\", role: {StandInResourceManager.SecretsUser}, scope: \"{StandInResourceManager.VaultScope}\", probe: \"{rig.Probe}\" }} }}",
            more: "maxResidual: 90m"));
        Assert.True(reply.Status == HttpStatusCode.Created, reply.Body);
        var token = reply.Json.GetProperty("credential").GetProperty("token").GetString()!;
        Assert.Equal(Backends.Probe.Alive, await rig.Backend.UseAsync(rig.Grant(AzureGrant.RoleAssignment), new Backends.Secret(("token", token)), default));
        await broker.Scene.SendAsync(HttpMethod.Post, $"/v1/tasks/task-{pod}/end", broker.Scene.Token(pod));
        await broker.Scene.LeaseUntilAsync(reply.Json.GetProperty("lease").GetProperty("id").GetString()!, "ended");
        Assert.Empty(rig.Assignments);
        Assert.Equal(Backends.Probe.Dead, await rig.Backend.UseAsync(rig.Grant(AzureGrant.RoleAssignment), new Backends.Secret(("token", token)), default));
    }

    [Fact]
    public async Task R22_An_access_token_says_that_nothing_ends_it_and_until_when_it_lives()
    {
        await using var rig = await AzureRig.StartAsync();
        await using var broker = await StartAsync(rig);
        var section = $"{{ azure: {{ target: prod, mode: access-token, identity: orders, audience: \"{AzureRig.VaultAudience}\" }} }}";
        var refused = await broker.Scene.OperatorAsync(HttpMethod.Post, "/v1/templates/validate", SceneFolder.Template("orders", section, more: "maxResidual: 30m"), "application/yaml");
        Assert.Contains("maxResidual", refused.Body, StringComparison.Ordinal);
        var (pod, reply) = await ClaimAsync(broker, SceneFolder.Template("orders", section, more: "maxResidual: 90m"));
        Assert.True(reply.Status == HttpStatusCode.Created, reply.Body);
        var lease = reply.Json.GetProperty("lease");
        Assert.Equal("ExpiryOnly", lease.GetProperty("revocability").GetString());
        Assert.InRange(lease.GetProperty("diesBy").GetDateTimeOffset() - lease.GetProperty("endsAt").GetDateTimeOffset(), TimeSpan.FromMinutes(54), TimeSpan.FromMinutes(90));
        var renewed = await broker.Scene.RenewAsync(broker.Scene.Token(pod), lease.GetProperty("id").GetString()!);
        Assert.True(renewed.Status == HttpStatusCode.OK, renewed.Body);
        Assert.NotEqual(reply.Json.GetProperty("credential").GetProperty("token").GetString(), renewed.Json.GetProperty("credential").GetProperty("token").GetString());
    }

    [Fact]
    public async Task A_tenant_that_is_down_refuses_the_claim_and_leaves_nothing()
    {
        await using var rig = await AzureRig.StartAsync();
        await using var broker = await StartAsync(rig);
        rig.StandIn.Instead["/addPassword"] = (503, "application/json", "{}");
        var (_, reply) = await ClaimAsync(broker, Secret);
        Assert.Equal("target_unavailable", reply.Code);
        Assert.Empty(rig.Passwords);
    }

    private static async Task<RunningBroker> StartAsync(AzureRig rig)
    {
        var broker = await Brokers.StartAsync(change: rig.AddTo);
        rig.Trust(broker.Get<KeyRings>().Federation.Issuer);
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
