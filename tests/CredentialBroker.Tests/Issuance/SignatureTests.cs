using System.Net;
using System.Text.Json;
using CredentialBroker.Issuer;
using CredentialBroker.TestInfra;
using CredentialBroker.Tests.TestInfra;
using Microsoft.Extensions.DependencyInjection;

namespace CredentialBroker.Tests.Issuance;

/// <summary>A token is signed while the commit of its lease runs.</summary>
public sealed class SignatureTests
{
    [Fact]
    public async Task A_lease_whose_token_cannot_be_signed_ends_at_once()
    {
        await using var broker = await Brokers.StartAsync(null);
        var scene = broker.Scene;
        await scene.ActivateAsync(SceneFolder.Token());
        var pod = scene.NewPod();
        await scene.ApproveAsync(scene.ApprovalOf(pod, "token"));
        var ring = broker.Host.Services.GetRequiredService<KeyRings>().Workload;
        var sound = ring.Signer;
        var lost = SigningKey.Generate(KeyPurpose.Workload);
        ring.Replace(lost, [lost.Verifying]);
        lost.Dispose();
        var refused = await scene.ClaimAsync(scene.Token(pod), "token");
        // The keys of the store are taken over each second, and may have been just now.
        for (var again = 0; refused.Status == HttpStatusCode.Created && again < 20; again++)
        {
            ring.Replace(lost, [lost.Verifying]);
            refused = await scene.ClaimAsync(scene.Token(pod), "token");
        }

        Assert.Equal("mint_failed", refused.Code);
        ring.Replace(sound, [sound.Verifying]);
        List<JsonElement> leases = [];
        foreach (var ended in new[] { "false", "true" }) leases.AddRange((await scene.OperatorAsync(HttpMethod.Get, $"/v1/leases?ended={ended}")).Json.GetProperty("leases").EnumerateArray());
        var lease = Assert.Single(leases, one => one.GetProperty("endsBecause").GetString() == "mint_failed");
        Assert.True(lease.GetProperty("endsAt").GetDateTimeOffset() <= TimeProvider.System.GetUtcNow());
        Assert.Equal(HttpStatusCode.Created, (await scene.ClaimAsync(scene.Token(pod), "token")).Status);
    }
}
