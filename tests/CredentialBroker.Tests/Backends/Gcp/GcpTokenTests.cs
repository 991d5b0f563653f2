using CredentialBroker.Protocol;

namespace CredentialBroker.Backends.Gcp;

/// <summary>Tokens of a lease's own subject and of service accounts, what bounds them, and what Google may not answer.</summary>
public sealed class GcpTokenTests
{
    [Fact]
    public async Task R23_Every_lease_is_a_subject_of_its_own_that_a_policy_can_deny_alone()
    {
        await using var rig = await GcpRig.StartAsync();
        var (one, order) = await rig.MintAsync(rig.Grant(GcpGrant.Federated));
        var (other, neighbour) = await rig.MintAsync(rig.Grant(GcpGrant.Federated));
        Assert.Equal([order.LeaseId, neighbour.LeaseId], rig.StandIn.State.Sts.Subjects);
        Assert.Equal(Probe.Alive, await rig.Backend.UseAsync(order.Grant, one.Secret, default));
        rig.StandIn.State.Denied.Add($"principal://iam.googleapis.com/{GcpStandInState.Pool}/subject/{order.LeaseId}");
        Assert.Equal(Probe.Dead, await rig.Backend.UseAsync(order.Grant, one.Secret, default));
        Assert.Equal(Probe.Alive, await rig.Backend.UseAsync(neighbour.Grant, other.Secret, default));
        Assert.Equal(TimeSpan.FromHours(1), order.Grant.Outlives);
    }

    [Fact]
    public async Task R22_An_impersonated_token_lives_as_long_as_its_lease()
    {
        await using var rig = await GcpRig.StartAsync();
        var (minted, order) = await rig.MintAsync(rig.Grant(GcpGrant.Impersonated));
        Assert.InRange(minted.DiesBy, order.EndsAt - 3000, order.EndsAt);
        Assert.True(await rig.ListsAsync(minted.Secret));
        Assert.Equal((TimeSpan.Zero, Revocability.ExpiryOnly), (order.Grant.Outlives, rig.Backend.RevocabilityOf(order.Grant)));
        // Only the service account's token leaves the broker: of two that were made, the second.
        Assert.Equal(2, rig.StandIn.State.Tokens.Count);
        Assert.Equal(["serviceAccount:" + GcpRig.Account], rig.StandIn.State.Tokens[GcpRig.Token(minted.Secret)].Members);
    }

    [Fact]
    public async Task R28_A_boundary_keeps_a_token_to_its_bucket_and_prefix()
    {
        await using var rig = await GcpRig.StartAsync();
        foreach (var mode in GcpGrant.Modes)
        {
            var (free, _) = await rig.MintAsync(rig.Grant(mode));
            Assert.True(await rig.ListsAsync(free.Secret, "orders-us", "other/"));
            var (bound, _) = await rig.MintAsync(rig.Grant(mode, new AccessBoundary("orders-eu", [StandInStorage.Viewer], "invoices/")));
            Assert.True(await rig.ListsAsync(bound.Secret));
            Assert.False(await rig.ListsAsync(bound.Secret, "orders-us"));
            Assert.False(await rig.ListsAsync(bound.Secret, "orders-eu", "other/"));
            var (bucket, _) = await rig.MintAsync(rig.Grant(mode, new AccessBoundary("orders-eu", [StandInStorage.Viewer], null)));
            Assert.True(await rig.ListsAsync(bucket.Secret, "orders-eu", "other/"));
        }
    }

    [Theory]
    [InlineData("/v1/token", "token_type", "mac")]
    [InlineData("/v1/token", "issued_token_type", "urn:ietf:params:oauth:token-type:id_token")]
    [InlineData("/v1/token", "access_token", "")]
    [InlineData("/v1/token", "access_token", "hunter2 with blanks")]
    [InlineData("/v1/token", "expires_in", "86400")]
    [InlineData("/v1/token", "expires_in", "0")]
    [InlineData("/v1/token", "expires_in", "-5")]
    [InlineData(":generateAccessToken", "expireTime", "2999-01-01T00:00:00Z")]
    [InlineData(":generateAccessToken", "expireTime", "yesterday")]
    [InlineData(":generateAccessToken", "accessToken", "hunter2\n")]
    public async Task An_answer_that_is_not_what_was_asked_is_refused(string at, string member, string value)
    {
        await using var rig = await GcpRig.StartAsync();
        rig.StandIn.Bending[at] = reply => reply[member] = member == "expires_in" ? long.Parse(value, System.Globalization.CultureInfo.InvariantCulture) : value;
        var failed = await Assert.ThrowsAsync<BackendException>(() => rig.MintAsync(rig.Grant(at == "/v1/token" ? GcpGrant.Federated : GcpGrant.Impersonated)));
        Assert.Equal(ReasonCodes.MintFailed, failed.Code);
        Assert.DoesNotContain("hunter2", failed.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("ya29", failed.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("hanging")]
    [InlineData("huge")]
    [InlineData("page")]
    [InlineData("redirect")]
    [InlineData("internal")]
    [InlineData("limited")]
    [InlineData("duplicate")]
    public async Task What_cannot_answer_is_asked_once_and_its_words_stay_out(string state)
    {
        await using var rig = await GcpRig.StartAsync();
        rig.Connect(rig.Target with { RequestTimeout = TimeSpan.FromSeconds(1) });
        if (state == "hanging") rig.StandIn.Hanging["/v1/token"] = true;
        if (state == "huge") rig.StandIn.Instead["/v1/token"] = (200, "application/json", "{\"access_token\":\"hunter2" + new string('x', 100_000) + "\"}");
        if (state == "page") rig.StandIn.Instead["/v1/token"] = (200, "text/html", "<p>hunter2</p>");
        if (state == "redirect") rig.StandIn.Instead["/v1/token"] = (302, "text/html", "hunter2");
        if (state == "internal") rig.StandIn.Instead["/v1/token"] = (503, "application/json", """{"error":"hunter2 and more"}""");
        if (state == "limited") rig.StandIn.Instead["/v1/token"] = (429, "application/json", """{"error":{"status":"RESOURCE_EXHAUSTED","message":"hunter2"}}""");
        if (state == "duplicate") rig.StandIn.Instead["/v1/token"] = (200, "application/json", """{"access_token":"hunter2","access_token":"a"}""");
        var failed = await Assert.ThrowsAsync<BackendException>(() => rig.MintAsync(rig.Grant(GcpGrant.Federated)));
        if (state is not ("page" or "duplicate")) Assert.Equal((ReasonCodes.TargetUnavailable, true), (failed.Code, failed.Transient));
        Assert.DoesNotContain("hunter2", failed.ToString(), StringComparison.Ordinal);
        Assert.Equal("POST /v1/token", Assert.Single(rig.StandIn.Asked));
    }

    [Fact]
    public async Task A_pool_that_does_not_trust_the_broker_and_an_account_that_does_not_either_are_told()
    {
        await using var rig = await GcpRig.StartAsync();
        Assert.Empty(await rig.Backend.CheckAsync(GcpRig.TargetName, default));
        rig.StandIn.State.Grants.RemoveAll(grant => grant.On == GcpRig.Account);
        var failed = await Assert.ThrowsAsync<BackendException>(() => rig.MintAsync(rig.Grant(GcpGrant.Impersonated)));
        Assert.Contains("403 (PERMISSION_DENIED)", failed.Detail, StringComparison.Ordinal);
        rig.StandIn.State.Sts.Issuer = "https://other.example";
        Assert.Contains("400 (invalid_grant)", Assert.Single(await rig.Backend.CheckAsync(GcpRig.TargetName, default)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_lease_longer_than_tokens_live_is_refused_before_anything_is_asked_of_the_account()
    {
        await using var rig = await GcpRig.StartAsync();
        var order = rig.Order(rig.Grant(GcpGrant.Impersonated), TimeSpan.FromHours(2));
        await Assert.ThrowsAsync<BackendException>(() => rig.Backend.MintAsync(rig.Backend.Plan(order), order, default).AsTask());
        Assert.Empty(rig.StandIn.Asked);
    }
}
