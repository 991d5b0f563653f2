using CredentialBroker.Protocol;

namespace CredentialBroker.Backends.Azure;

/// <summary>Secrets of an application: made once, named after the lease, and found by that name where the answer was lost.</summary>
public sealed class AzureSecretTests
{
    [Fact]
    public async Task R24_A_secret_whose_answer_was_lost_is_ended_by_the_leases_name_and_made_once()
    {
        await using var rig = await AzureRig.StartAsync();
        var order = rig.Order(rig.Grant(AzureGrant.ServicePrincipalSecret));
        var handle = rig.Backend.Plan(order);
        rig.StandIn.Losing["/addPassword"] = true;
        var failed = await Assert.ThrowsAsync<BackendException>(() => rig.Backend.MintAsync(handle, order, default).AsTask());
        Assert.Equal((ReasonCodes.TargetUnavailable, true), (failed.Code, failed.Transient));
        Assert.Equal($"cb-{rig.BrokerId}-{order.LeaseId}", Assert.Single(rig.Passwords).Name);
        Assert.True((await rig.Backend.EndAsync(handle, default)).WasThere);
        Assert.Empty(rig.Passwords);
        Assert.Single(rig.StandIn.Asked, asked => asked.EndsWith("/addPassword", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_secret_that_the_directory_does_not_show_yet_is_ended_by_its_key()
    {
        await using var rig = await AzureRig.StartAsync();
        var (handle, _, _) = await rig.MintAsync(AzureGrant.ServicePrincipalSecret);
        rig.Passwords.Single().Hidden = true;
        Assert.True((await rig.Backend.EndAsync(handle, default)).WasThere);
        Assert.Empty(rig.Passwords);
    }

    [Fact]
    public async Task What_was_had_with_a_secret_is_told_to_outlive_it_and_neighbours_stay()
    {
        await using var rig = await AzureRig.StartAsync();
        var (handle, minted, order) = await rig.MintAsync(AzureGrant.ServicePrincipalSecret);
        var (_, neighbour, _) = await rig.MintAsync(AzureGrant.ServicePrincipalSecret);
        Assert.Equal(order.EndsAt + (long)TimeSpan.FromMinutes(90).TotalMilliseconds, minted.DiesBy);
        Assert.Equal(Revocability.Principal, rig.Backend.RevocabilityOf(order.Grant));
        await rig.Backend.EndAsync(handle, default);
        Assert.Equal(Probe.Dead, await rig.Backend.UseAsync(order.Grant, minted.Secret, default));
        Assert.Equal(Probe.Alive, await rig.Backend.UseAsync(order.Grant, neighbour.Secret, default));
    }

    [Fact]
    public async Task A_reissued_secret_leaves_the_former_one_until_the_end_which_takes_both()
    {
        await using var rig = await AzureRig.StartAsync();
        var (handle, minted, order) = await rig.MintAsync(AzureGrant.ServicePrincipalSecret);
        var renewed = await rig.Backend.RenewAsync(handle, order with { EndsAt = order.EndsAt + 60_000 }, default);
        Assert.Equal(2, rig.Passwords.Count);
        Assert.Equal(Probe.Alive, await rig.Backend.UseAsync(order.Grant, minted.Secret, default));
        await rig.Backend.EndAsync(renewed.Handle!, default);
        Assert.Empty(rig.Passwords);
    }

    [Theory]
    [InlineData("name")]
    [InlineData("end")]
    [InlineData("text")]
    [InlineData("key")]
    public async Task A_secret_that_is_not_what_was_asked_is_removed_or_ended_and_not_handed_out(string wrong)
    {
        await using var rig = await AzureRig.StartAsync();
        rig.StandIn.Bending["/addPassword"] = reply =>
        {
            if (wrong == "name") reply["displayName"] = "another";
            if (wrong == "end") reply["endDateTime"] = "2999-01-01T00:00:00Z";
            if (wrong == "text") reply["secretText"] = null;
            if (wrong == "key") reply["keyId"] = "../x";
        };
        var order = rig.Order(rig.Grant(AzureGrant.ServicePrincipalSecret));
        var handle = rig.Backend.Plan(order);
        Assert.Equal(ReasonCodes.MintFailed, (await Assert.ThrowsAsync<BackendException>(() => rig.Backend.MintAsync(handle, order, default).AsTask())).Code);
        Assert.Equal(wrong == "key" ? 1 : 0, rig.Passwords.Count);
        await rig.Backend.EndAsync(handle, default);
        Assert.Empty(rig.Passwords);
    }

    [Fact]
    public async Task An_application_that_is_gone_took_its_secrets_with_it()
    {
        await using var rig = await AzureRig.StartAsync();
        var (handle, _, _) = await rig.MintAsync(AzureGrant.ServicePrincipalSecret);
        rig.StandIn.State.Applications.Remove(AzureRig.OrdersApplication);
        Assert.False((await rig.Backend.EndAsync(handle, default)).WasThere);
        Assert.Equal(Probe.Dead, await rig.Backend.ProbeAsync(handle, default));
        Assert.Contains(await rig.Backend.CheckAsync(AzureRig.TargetName, default), problem => problem.Contains("does not exist", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Only_this_brokers_secrets_are_listed_and_none_is_ended_by_a_name_like_it()
    {
        await using var rig = await AzureRig.StartAsync();
        var (_, _, order) = await rig.MintAsync(AzureGrant.ServicePrincipalSecret);
        foreach (var name in new[] { $"cb-zzzzzz-{order.LeaseId}", $"cb-{rig.BrokerId}-short", $"cb-{rig.BrokerId}-{order.LeaseId}x", null })
            rig.StandIn.State.Applications[AzureRig.OrdersApplication].Passwords.Add(new StandInPassword(Guid.Parse($"00000000-0000-4000-8000-{rig.Passwords.Count:d12}").ToString(), name, rig.Clock.GetUtcNow(), rig.Clock.GetUtcNow().AddDays(1), "other"));
        var ours = Assert.Single(await rig.Backend.ListAsync(AzureRig.TargetName, default));
        Assert.Equal(order.LeaseId, ours.LeaseId);
        await rig.Backend.EndAsync(ours.Handle, default);
        Assert.Equal(4, rig.Passwords.Count);
    }

    [Fact]
    public async Task A_right_that_is_missing_is_told_by_the_check_and_no_secret_is_made()
    {
        await using var rig = await AzureRig.StartAsync();
        Assert.Empty(await rig.Backend.CheckAsync(AzureRig.TargetName, default));
        rig.StandIn.State.Applications[AzureRig.BrokerApplication].Owns.Clear();
        Assert.Contains(await rig.Backend.CheckAsync(AzureRig.TargetName, default), problem => problem.Contains("403 (Authorization_RequestDenied)", StringComparison.Ordinal));
        Assert.False((await Assert.ThrowsAsync<BackendException>(() => rig.MintAsync(AzureGrant.ServicePrincipalSecret))).Transient);
    }

    [Fact]
    public async Task The_brokers_own_token_is_kept_and_replaced_once_it_is_refused()
    {
        await using var rig = await AzureRig.StartAsync();
        await rig.MintAsync(AzureGrant.ServicePrincipalSecret);
        await rig.MintAsync(AzureGrant.ServicePrincipalSecret);
        Assert.Single(rig.StandIn.Asked, asked => asked.EndsWith("/token", StringComparison.Ordinal));
        rig.StandIn.State.Locked(() => rig.StandIn.State.Tokens.Count is 1 && rig.StandIn.State.Tokens.Remove(rig.StandIn.State.Tokens.Keys.Single()));
        await rig.MintAsync(AzureGrant.ServicePrincipalSecret);
        Assert.Equal(2, rig.StandIn.Asked.Count(asked => asked.EndsWith("/token", StringComparison.Ordinal)));
    }
}
