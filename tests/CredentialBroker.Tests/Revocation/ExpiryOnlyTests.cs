using CredentialBroker.Protocol;
using CredentialBroker.TestInfra;
using CredentialBroker.Tests.Proofs;

namespace CredentialBroker.Tests.Revocation;

/// <summary>What nothing ends before its own expiry is not called ended before it.</summary>
public sealed class ExpiryOnlyTests
{
    [Fact]
    public async Task A_credential_that_nothing_ends_keeps_its_lease_ending_until_it_is_dead_by_itself()
    {
        await using var broker = await PlanTests.StartAsync(new ScriptedBackend { Ends = Revocability.ExpiryOnly });
        await broker.Scene.ActivateAsync(SceneFolder.Template("orders", "{ scripted: { target: there } }"));
        var pod = broker.Scene.NewPod();
        await broker.Scene.ApproveAsync(broker.Scene.ApprovalOf(pod, "orders"));
        var claimed = await broker.Scene.ClaimAsync(broker.Scene.Token(pod), "orders", members: ("ttl", "4s"));
        var id = claimed.Json.GetProperty("lease").GetProperty("id").GetString()!;
        await broker.Scene.SendAsync(HttpMethod.Delete, $"/v1/leases/{id}", broker.Scene.Token(pod));

        var ending = await broker.Scene.LeaseUntilAsync(id, "ending");
        Assert.Equal("revoked", ending.GetProperty("cause").GetString());
        var ended = await broker.Scene.LeaseUntilAsync(id, "ended");
        Assert.True(ended.GetProperty("endedAt").GetDateTimeOffset() >= ended.GetProperty("diesBy").GetDateTimeOffset());
        Assert.Equal(0, ended.GetProperty("attempts").GetInt32());
    }

    [Fact]
    public async Task What_was_never_handed_out_is_over_at_once()
    {
        await using var broker = await PlanTests.StartAsync(new ScriptedBackend { Ends = Revocability.ExpiryOnly, MintFails = true });
        await broker.Scene.ActivateAsync(SceneFolder.Template("orders", "{ scripted: { target: there } }", ttl: "15m"));
        var pod = broker.Scene.NewPod();
        await broker.Scene.ApproveAsync(broker.Scene.ApprovalOf(pod, "orders"));
        Assert.Equal("mint_failed", (await broker.Scene.ClaimAsync(broker.Scene.Token(pod), "orders")).Code);
        for (var i = 0; (await broker.Scene.OperatorAsync(HttpMethod.Get, "/v1/leases")).Json.GetProperty("leases").GetArrayLength() > 0; i++)
        {
            Assert.True(i < 1200, "the lease of a failed mint waits for an expiry that nothing has");
            await Task.Delay(50);
        }
    }
}
