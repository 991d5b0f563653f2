using System.Net;
using CredentialBroker.TestInfra;

namespace CredentialBroker.Issuer;

public sealed class KeyEndpointTests
{
    [Fact]
    public async Task An_operator_sees_keys_and_has_them_followed_by_new_ones()
    {
        await using var broker = await Brokers.StartAsync();
        var scene = broker.Scene;
        var before = await KeysAsync(scene);
        Assert.Equal(KeyPurpose.All.Count + 1, before.Count);
        Assert.All(before, key => Assert.Equal("signing", key.State));

        var made = await RotateAsync(scene, "purpose=workload");
        Assert.Equal((HttpStatusCode.OK, "published"), (made.Status, made.Json.GetProperty("state").GetString()));
        Assert.Equal(made.Json.GetProperty("kid").GetString(), (await RotateAsync(scene, "purpose=workload")).Json.GetProperty("kid").GetString());
        Assert.Equal(["signing", "published"], (await KeysAsync(scene)).Where(key => key.Purpose == "workload").Select(key => key.State));
        await PublishedUntilAsync(scene, "workload", 2);

        foreach (var query in new[] { "", "purpose=", "purpose=fingerprint", "purpose=all" }) Assert.Equal("invalid", (await RotateAsync(scene, query)).Code);
        Assert.Equal("request_malformed", (await RotateAsync(scene, "purpose=workload&atOnce=perhaps")).Code);
        Assert.Equal(HttpStatusCode.Unauthorized, (await scene.SendAsync(HttpMethod.Post, "/v1/keys/rotate?purpose=workload", scene.Token("pod"))).Status);
        var records = (await scene.OperatorAsync(HttpMethod.Get, "/v1/audit?type=key.made")).Body.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(KeyPurpose.All.Count + 2, records.Length);
        Assert.Contains("bootstrap", Assert.Single(records, record => record.Contains(made.Json.GetProperty("kid").GetString()!, StringComparison.Ordinal)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_lost_key_is_dropped_and_what_it_signed_with_it()
    {
        await using var broker = await Brokers.StartAsync();
        var scene = broker.Scene;
        await scene.ActivateAsync(SceneFolder.Token());
        var pod = scene.NewPod();
        await scene.ApproveAsync(scene.ApprovalOf(pod, "token"));
        var token = (await scene.ClaimAsync(scene.Token(pod), "token")).Json.GetProperty("credential").GetProperty("token").GetString()!;
        Assert.True(await scene.IntrospectAsync(token));

        var made = await RotateAsync(scene, "purpose=workload&atOnce=true");
        Assert.Equal("signing", made.Json.GetProperty("state").GetString());
        await PublishedUntilAsync(scene, "workload", 1);
        for (var i = 0; await scene.IntrospectAsync(token); i++)
        {
            Assert.True(i < 600, "a token of the lost key is still good");
            await Task.Delay(100);
        }

        var fresh = scene.NewPod();
        await scene.ApproveAsync(scene.ApprovalOf(fresh, "token"));
        Assert.True(await scene.IntrospectAsync((await scene.ClaimAsync(scene.Token(fresh), "token")).Json.GetProperty("credential").GetProperty("token").GetString()!));
    }

    private static Task<Reply> RotateAsync(Scene scene, string query) => scene.OperatorAsync(HttpMethod.Post, $"/v1/keys/rotate?{query}");

    private static async Task<List<(string Purpose, string State)>> KeysAsync(Scene scene)
    {
        var reply = await scene.OperatorAsync(HttpMethod.Get, "/v1/keys");
        Assert.DoesNotContain("wrapped", reply.Body, StringComparison.OrdinalIgnoreCase);
        return [.. reply.Json.GetProperty("keys").EnumerateArray().Select(key => (key.GetProperty("purpose").GetString()!, key.GetProperty("state").GetString()!))];
    }

    /// <summary>Polls until so many keys are published; the limit is a safety net, not a measurement.</summary>
    private static async Task PublishedUntilAsync(Scene scene, string purpose, int count)
    {
        for (var i = 0; ; i++)
        {
            var jwks = (await scene.SendAsync(HttpMethod.Get, $"/issuer/{purpose}/.well-known/jwks.json", null)).Json;
            if (jwks.GetProperty("keys").GetArrayLength() == count) return;
            Assert.True(i < 600, $"not {count} keys: {jwks}");
            await Task.Delay(100);
        }
    }
}
