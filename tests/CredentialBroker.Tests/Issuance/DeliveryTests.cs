using System.Net;
using System.Text.Json;
using CredentialBroker.TestInfra;

namespace CredentialBroker.Tests.Issuance;

/// <summary>How a credential may be handed on is the template's to say, and is told with the credential.</summary>
public sealed class DeliveryTests
{
    [Theory]
    [InlineData("delivery: { env: accepted }", "accepted")]
    [InlineData("delivery: { env: refused }", null)]
    [InlineData("", null)]
    public async Task R53_An_answer_with_a_credential_says_whether_it_may_be_put_into_the_environment(string said, string? told)
    {
        await using var broker = await Brokers.StartAsync(null);
        var scene = broker.Scene;
        await scene.ActivateAsync(SceneFolder.Token(more: said));
        var pod = scene.NewPod();
        await scene.ApproveAsync(scene.ApprovalOf(pod, "token"));
        var claimed = await scene.ClaimAsync(scene.Token(pod), "token", key: "one");
        Assert.Equal((HttpStatusCode.Created, told), (claimed.Status, Env(claimed.Json)));
        var renewed = await scene.RenewAsync(scene.Token(pod), claimed.Json.GetProperty("lease").GetProperty("id").GetString()!);
        Assert.Equal((HttpStatusCode.OK, told), (renewed.Status, Env(renewed.Json)));
        // No credential, nothing to hand on.
        var replayed = await scene.ClaimAsync(scene.Token(pod), "token", key: "one");
        Assert.Equal((HttpStatusCode.OK, null), (replayed.Status, Env(replayed.Json)));
    }

    private static string? Env(JsonElement answer) => answer.TryGetProperty("delivery", out var delivery) ? delivery.GetProperty("env").GetString() : null;
}
