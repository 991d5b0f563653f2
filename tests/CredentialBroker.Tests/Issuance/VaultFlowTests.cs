using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using CredentialBroker.Backends;
using CredentialBroker.Backends.Vault;
using CredentialBroker.TestInfra;

namespace CredentialBroker.Tests.Issuance;

/// <summary>The life of a lease of what a Vault makes, from claim to end, through the broker's own door.</summary>
public sealed class VaultFlowTests
{
    [Fact]
    public async Task R24_R47_What_a_Vault_made_for_a_task_ends_with_the_task()
    {
        await using var rig = await VaultRig.StartAsync();
        await using var broker = await Brokers.StartAsync(change: rig.AddTo);
        var (pod, reply) = await ClaimAsync(broker, SceneFolder.Template("orders", $"{{ vault: {{ target: main, engine: database, path: {rig.Path} }} }}"));
        Assert.True(reply.Status == HttpStatusCode.Created, reply.Body);
        var credential = reply.Json.GetProperty("credential");
        var (user, password) = (credential.GetProperty("username").GetString()!, credential.GetProperty("password").GetString()!);
        Assert.True(rig.StandIn!.State.Accepts(user, password));
        Assert.Equal("Immediate", reply.Json.GetProperty("lease").GetProperty("revocability").GetString());
        var id = reply.Json.GetProperty("lease").GetProperty("id").GetString()!;
        Assert.Contains(rig.StandIn.State.Tokens.Values, token => (string?)token.Meta["lease"] == id && ((string?)token.Meta["approval"])!.Length > 0);

        var renewed = await broker.Scene.RenewAsync(broker.Scene.Token(pod), id);
        Assert.True(renewed.Status == HttpStatusCode.OK, renewed.Body);
        Assert.False(renewed.Json.TryGetProperty("credential", out var again) && again.ValueKind != JsonValueKind.Null);

        await broker.Scene.SendAsync(HttpMethod.Post, $"/v1/tasks/task-{pod}/end", broker.Scene.Token(pod));
        await broker.Scene.LeaseUntilAsync(id, "ended");
        Assert.False(rig.StandIn.State.Accepts(user, password));
        Assert.DoesNotContain(rig.StandIn.State.Tokens.Values, token => (string?)token.Meta["lease"] == id);
        Assert.DoesNotContain(password, (await broker.Scene.OperatorAsync(HttpMethod.Get, "/v1/audit")).Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_lost_answer_is_ended_at_the_Vault_and_its_claim_refused()
    {
        await using var rig = await VaultRig.StartAsync();
        await using var broker = await Brokers.StartAsync(change: rig.AddTo);
        rig.StandIn!.Losing[rig.Path] = true;
        var (_, reply) = await ClaimAsync(broker, SceneFolder.Template("orders", $"{{ vault: {{ target: main, engine: database, path: {rig.Path} }} }}"));
        Assert.Equal("target_unavailable", reply.Code);
        for (var i = 0; rig.StandIn.State.Locked(() => rig.StandIn.State.Accounts.Count) > 0; i++)
        {
            Assert.True(i < 600, "what was made and lost is still there");
            await Task.Delay(100);
        }

        Assert.Single(rig.StandIn.Asked, asked => asked.EndsWith(rig.Path, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("0s", "residual_too_long")]
    [InlineData("15m", null)]
    public async Task R22_A_credential_that_would_outlive_its_lease_is_handed_out_only_where_the_template_accepts_it(string residual, string? code)
    {
        await using var rig = await VaultRig.StartAsync();
        await rig.AdminAsync("sys/mounts/aws", new JsonObject { ["type"] = "aws" });
        await using var broker = await Brokers.StartAsync(change: rig.AddTo);
        var (_, reply) = await ClaimAsync(broker, SceneFolder.Template("orders", "{ vault: { target: main, engine: aws-sts, path: aws/sts/deploy } }", more: $"maxResidual: {residual}"));
        Assert.Equal((code is null ? HttpStatusCode.Created : HttpStatusCode.Forbidden, code), (reply.Status, reply.Code));
        if (code is not null) Assert.DoesNotContain("ASIA0000", reply.Body, StringComparison.Ordinal);
        else Assert.True(reply.Json.GetProperty("lease").GetProperty("diesBy").GetDateTimeOffset() > reply.Json.GetProperty("lease").GetProperty("endsAt").GetDateTimeOffset().AddMinutes(9));
    }

    /// <summary>No times are measured: the hanging calls are still under way when everything elsewhere is done.</summary>
    [Fact]
    public async Task While_one_Vault_hangs_leases_elsewhere_are_made_and_ended_and_its_circuit_opens_for_it_alone()
    {
        await using var rig = await VaultRig.StartAsync();
        await using var silent = await VaultRig.StartAsync();
        await using var broker = await Brokers.StartAsync(change: configuration =>
        {
            rig.AddTo(configuration);
            silent.AddTo(configuration, "silent");
        });
        await broker.Scene.ActivateAsync(SceneFolder.Template("orders", $"{{ vault: {{ target: main, engine: database, path: {rig.Path} }} }}", concurrent: 20));
        await broker.Scene.ActivateAsync(SceneFolder.Template("short", $"{{ vault: {{ target: silent, engine: database, path: {silent.Path} }} }}", concurrent: 20));
        var pod = broker.Scene.NewPod();
        await broker.Scene.ApproveAsync(broker.Scene.ApprovalOf(pod, "orders", ("templates", new JsonArray("orders", "short")), ("maxUses", 50)));
        var token = broker.Scene.Token(pod);
        // One lease there is to be ended while it hangs.
        var before = await broker.Scene.ClaimAsync(token, "short");
        Assert.True(before.Status == HttpStatusCode.Created, before.Body);
        silent.StandIn!.Silent = true;
        var hanging = Enumerable.Range(0, 5).Select(_ => broker.Scene.ClaimAsync(token, "short")).ToList();
        await broker.Scene.SendAsync(HttpMethod.Delete, $"/v1/leases/{IdOf(before)}", token);

        for (var i = 0; i < 5; i++)
        {
            var made = await broker.Scene.ClaimAsync(token, "orders");
            Assert.True(made.Status == HttpStatusCode.Created, made.Body);
            await broker.Scene.SendAsync(HttpMethod.Delete, $"/v1/leases/{IdOf(made)}", token);
            await broker.Scene.LeaseUntilAsync(IdOf(made), "ended");
        }

        Assert.Empty(rig.StandIn!.State.Accounts);
        Assert.All(await Task.WhenAll(hanging), reply => Assert.Equal("target_unavailable", reply.Code));
        var asked = silent.StandIn.Asked.Count(call => call.Contains("/create/", StringComparison.Ordinal));
        Assert.Equal([("main", false), ("silent", true)], broker.Get<BackendCatalog>().States.Where(state => state.Backend == "vault").Select(state => (state.Target, state.MintingOpen)).Order());
        Assert.Equal("target_unavailable", (await broker.Scene.ClaimAsync(token, "short")).Code);
        Assert.Equal(asked, silent.StandIn.Asked.Count(call => call.Contains("/create/", StringComparison.Ordinal)));
        Assert.Equal(HttpStatusCode.Created, (await broker.Scene.ClaimAsync(token, "orders")).Status);

        // What was to be ended there is not forgotten.
        Assert.Equal("ending", (await broker.Scene.LeaseAsync(IdOf(before))).GetProperty("state").GetString());
        silent.StandIn.Silent = false;
        await broker.Scene.LeaseUntilAsync(IdOf(before), "ended", seconds: 120);
        Assert.Empty(silent.StandIn.State.Accounts);
    }

    private static string IdOf(Reply reply) => reply.Json.GetProperty("lease").GetProperty("id").GetString()!;

    private static async Task<(string Pod, Reply Reply)> ClaimAsync(RunningBroker broker, string template)
    {
        await broker.Scene.ActivateAsync(template);
        var pod = broker.Scene.NewPod();
        await broker.Scene.ApproveAsync(broker.Scene.ApprovalOf(pod, "orders"));
        return (pod, await broker.Scene.ClaimAsync(broker.Scene.Token(pod), "orders"));
    }
}
