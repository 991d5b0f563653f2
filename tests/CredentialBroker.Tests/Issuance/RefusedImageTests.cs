using System.Net;
using System.Text.Json.Nodes;
using CredentialBroker.TestInfra;
using CredentialBroker.Tests.Refusals;

namespace CredentialBroker.Tests.Issuance;

/// <summary>An image that was approved, and is not trusted any more.</summary>
public sealed class RefusedImageTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    [Theory, InlineData("sqlite"), InlineData("postgres")]
    public async Task R63_An_image_that_its_source_refuses_later_takes_its_approvals_and_leases_with_it(string provider)
    {
        await using var hostile = await HostileScene.StartAsync(await postgres.StoreAsync(provider), templates: [SceneFolder.Token()]);
        var (bad, good) = (Digest('a'), Digest('b'));
        var (caught, early, other) = (await PodAsync(hostile, bad), await PodAsync(hostile, bad), await PodAsync(hostile, good));
        var lease = await LeaseAsync(hostile, caught);
        var kept = await LeaseAsync(hostile, other);

        var refused = await hostile.Scene.ApproveAsync(hostile.SignApproval(new JsonObject { ["effect"] = "image_refused", ["digest"] = bad }));
        Assert.True(refused.Status == HttpStatusCode.Accepted, refused.Body);
        Assert.Equal("approval_withdrawn", (await hostile.Scene.LeaseUntilAsync(lease, "ended")).GetProperty("cause").GetString());
        Assert.Equal("approval_withdrawn", (await hostile.Scene.ClaimAsync(hostile.Token(early), "token")).Code);
        Assert.Equal("approval_withdrawn", (await hostile.Scene.ClaimAsync(hostile.Token(caught), "token")).Code);
        Assert.Equal("active", (await hostile.Scene.LeaseAsync(kept)).GetProperty("state").GetString());
        Assert.Equal(bad, Assert.Single(await hostile.AuditAsync("approval.image_refused")).GetProperty("subject").GetString());
    }

    [Theory]
    [InlineData("sha256:abc")]
    [InlineData("latest")]
    [InlineData("")]
    public async Task What_is_no_digest_is_refused(string digest)
    {
        await using var hostile = await HostileScene.StartAsync();
        var reply = await hostile.Scene.ApproveAsync(hostile.SignApproval(new JsonObject { ["effect"] = "image_refused", ["digest"] = digest }));
        Assert.Equal((HttpStatusCode.BadRequest, "approval_malformed"), (reply.Status, reply.Code));
    }

    private static Task<string> PodAsync(HostileScene hostile, string digest) =>
        hostile.ApprovedPodAsync("token", ("image", new JsonObject { ["reference"] = $"shop@{digest}", ["verdict"] = "verified", ["issuer"] = "https://ci.test", ["subject"] = "build" }));

    private static async Task<string> LeaseAsync(HostileScene hostile, string pod) =>
        (await hostile.Scene.ClaimAsync(hostile.Token(pod), "token")).Json.GetProperty("lease").GetProperty("id").GetString()!;

    private static string Digest(char of) => $"sha256:{new string(of, 64)}";
}
