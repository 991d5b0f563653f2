using System.Text;
using System.Text.Json.Nodes;
using CredentialBroker.Protocol;

namespace CredentialBroker.Backends.Vault;

public sealed class VaultMintTests
{
    [Fact]
    public async Task R23_Every_lease_has_a_token_of_its_own_that_names_lease_workload_and_approval()
    {
        await using var rig = await VaultRig.StartAsync();
        var (first, _, order) = await rig.MintAsync();
        var (second, _, _) = await rig.MintAsync();
        Assert.NotEqual(Handle.Find(first, "accessor"), Handle.Find(second, "accessor"));
        var token = (await rig.TokenAsync(first))!;
        Assert.Equal(
            (rig.Suffix, order.LeaseId, "k8s://prod/shop/checkout", "approval-1"),
            ((string?)token["meta"]!["broker"], (string?)token["meta"]!["lease"], (string?)token["meta"]!["workload"], (string?)token["meta"]!["approval"]));
        Assert.True((bool)token["orphan"]!);
        Assert.Equal([$"lease-{rig.Suffix}"], token["policies"]!.AsArray().Select(policy => (string)policy!));
    }

    [Fact]
    public async Task R25_No_token_of_Vault_is_in_what_a_workload_gets_or_in_the_handle()
    {
        await using var rig = await VaultRig.StartAsync();
        var (handle, minted, _) = await rig.MintAsync();
        Assert.Equal(["password", "username"], VaultRig.Parts(minted.Secret).Keys.Order());
        var seen = handle + Encoding.UTF8.GetString(minted.Secret.Reveal().Span);
        Assert.All(rig.StandIn!.State.Tokens.Keys, token => Assert.DoesNotContain(token, seen, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Preparing_reads_no_secret_and_the_accessor_is_in_the_handle()
    {
        await using var rig = await VaultRig.StartAsync();
        var order = rig.Order();
        var handle = await rig.Backend.PrepareAsync(rig.Backend.Plan(order), order, default);
        Assert.NotNull(await rig.TokenAsync(handle));
        Assert.DoesNotContain(rig.StandIn!.Asked, asked => asked.Contains("/creds/", StringComparison.Ordinal));
        Assert.True((await rig.Backend.EndAsync(handle, default)).WasThere);
        Assert.Null(await rig.TokenAsync(handle));
        // Whatever comes after the end reads nothing.
        await Assert.ThrowsAsync<BackendException>(() => rig.Backend.MintAsync(handle, order, default).AsTask());
        Assert.Empty(rig.StandIn.State.Accounts);
    }

    [Fact]
    public async Task R24_An_answer_that_was_lost_is_ended_by_the_accessor_alone_and_asked_for_once()
    {
        await using var rig = await VaultRig.StartAsync();
        var order = rig.Order();
        var handle = await rig.Backend.PrepareAsync(rig.Backend.Plan(order), order, default);
        rig.StandIn!.Losing[rig.Path] = true;
        var lost = await Assert.ThrowsAsync<BackendException>(() => rig.Backend.MintAsync(handle, order, default).AsTask());
        Assert.Equal((ReasonCodes.TargetUnavailable, true), (lost.Code, lost.Transient));
        Assert.Single(rig.StandIn.State.Accounts);
        Assert.Single(rig.StandIn.Asked, asked => asked.EndsWith(rig.Path, StringComparison.Ordinal));
        Assert.True((await rig.Backend.EndAsync(handle, default)).WasThere);
        Assert.Empty(rig.StandIn.State.Accounts);
    }

    [Fact]
    public async Task A_token_whose_making_was_lost_holds_nothing_and_ends_with_the_lease()
    {
        await using var rig = await VaultRig.StartAsync();
        var order = rig.Order(TimeSpan.FromSeconds(3));
        var create = $"auth/token/create/broker-{rig.Suffix}";
        rig.StandIn!.Losing[create] = true;
        await Assert.ThrowsAsync<BackendException>(() => rig.Backend.PrepareAsync(rig.Backend.Plan(order), order, default).AsTask());
        Assert.Single(rig.StandIn.Asked, asked => asked.EndsWith(create, StringComparison.Ordinal));
        bool Made() => rig.StandIn.State.Locked(() => rig.StandIn.State.Tokens.Values.Any(token => (string?)token.Meta["lease"] == order.LeaseId));
        Assert.True(Made());
        Assert.False((await rig.Backend.EndAsync(rig.Backend.Plan(order), default)).WasThere);
        Assert.Empty(rig.StandIn.State.Leases);
        await Task.Delay(3000);
        Assert.False(Made());
    }

    [Fact]
    public async Task R24_A_revocation_that_the_far_side_did_not_confirm_is_no_end_and_is_tried_again()
    {
        await using var rig = await VaultRig.StartAsync();
        var (handle, minted, _) = await rig.MintAsync();
        rig.StandIn!.State.AccountsAreDown = true;
        for (var i = 0; i < 8; i++)
        {
            var failed = await Assert.ThrowsAsync<BackendException>(() => rig.Backend.EndAsync(handle, default).AsTask());
            // Vault works: the circuit of everything else that it ends must not open.
            Assert.Equal((ReasonCodes.EndFailed, false), (failed.Code, failed.Transient));
            Assert.DoesNotContain("connection refused", failed.ToString(), StringComparison.Ordinal);
        }

        Assert.True(await rig.WorksAsync(minted.Secret));
        rig.StandIn.State.AccountsAreDown = false;
        await rig.Backend.EndAsync(handle, default);
        Assert.False(await rig.WorksAsync(minted.Secret));
    }

    [Fact]
    public async Task R21_Leases_outlive_the_brokers_own_login_and_end_at_their_own_time()
    {
        await using var rig = await VaultRig.StartAsync();
        var (handle, minted, order) = await rig.MintAsync();
        foreach (var own in rig.StandIn!.State.Tokens.Values.Where(token => token.Policies.Contains($"broker-{rig.Suffix}")).ToList()) rig.StandIn.State.Locked(() => { rig.StandIn.State.RevokeToken(own); return 0; });
        Assert.True(await rig.WorksAsync(minted.Secret));
        Assert.True(minted.DiesBy <= order.EndsAt);
        rig.Connect(rig.Target);
        Assert.True((await rig.Backend.EndAsync(handle, default)).WasThere);
        Assert.False(await rig.WorksAsync(minted.Secret));
    }

    [Fact]
    public async Task After_a_restart_nothing_is_read_with_a_token_of_before()
    {
        await using var rig = await VaultRig.StartAsync();
        var order = rig.Order();
        var handle = await rig.Backend.PrepareAsync(rig.Backend.Plan(order), order, default);
        rig.Connect(rig.Target);
        Assert.Equal(ReasonCodes.MintFailed, (await Assert.ThrowsAsync<BackendException>(() => rig.Backend.MintAsync(handle, order, default).AsTask())).Code);
        Assert.True((await rig.Backend.EndAsync(handle, default)).WasThere);
    }

    [Theory]
    [InlineData("orphan", false, "no orphan")]
    [InlineData("token_type", "batch", "not of type service")]
    [InlineData("token_explicit_max_ttl", 60, "does not live as long")]
    public async Task A_token_that_a_lease_may_not_have_is_revoked_at_once(string setting, object value, string why)
    {
        await using var rig = await VaultRig.StartAsync();
        await rig.AdminAsync($"auth/token/roles/{rig.Target.TokenRole}", new JsonObject
        {
            ["allowed_policies"] = new JsonArray($"lease-{rig.Suffix}"), ["orphan"] = true, ["renewable"] = true, [setting] = JsonValue.Create(value),
        });
        var order = rig.Order();
        var failed = await Assert.ThrowsAsync<BackendException>(() => rig.Backend.PrepareAsync(rig.Backend.Plan(order), order, default).AsTask());
        Assert.Equal((ReasonCodes.MintFailed, false), (failed.Code, failed.Transient));
        Assert.Contains(why, failed.Detail, StringComparison.Ordinal);
        Assert.DoesNotContain(rig.StandIn!.State.Tokens.Values, token => token.Policies.Contains($"lease-{rig.Suffix}"));
        if (setting != "token_explicit_max_ttl") Assert.NotEmpty(await rig.Backend.CheckAsync(VaultRig.TargetName, default));
    }

    [Fact]
    public async Task Check_finds_nothing_to_say_of_a_target_with_the_documented_grants()
    {
        await using var rig = await VaultRig.StartAsync();
        Assert.Empty(await rig.Backend.CheckAsync(VaultRig.TargetName, default));
        rig.Connect(rig.Target with { TokenRole = "missing" });
        Assert.Contains("status 403", Assert.Single(await rig.Backend.CheckAsync(VaultRig.TargetName, default)), StringComparison.Ordinal);
        rig.StandIn!.Sealed = true;
        rig.Connect(rig.Target);
        Assert.Contains("sealed", Assert.Single(await rig.Backend.CheckAsync(VaultRig.TargetName, default)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_renewal_never_gives_more_than_Vault_and_says_so()
    {
        await using var rig = await VaultRig.StartAsync();
        var (handle, _, order) = await rig.MintAsync();
        var tooLong = order with { EndsAt = order.EndsAt + (25 * 3_600_000L) };
        Assert.Equal(ReasonCodes.LeaseNotRenewable, (await Assert.ThrowsAsync<BackendException>(() => rig.Backend.RenewAsync(handle, tooLong, default).AsTask())).Code);
        await rig.Backend.EndAsync(handle, default);
        Assert.Equal(ReasonCodes.LeaseOver, (await Assert.ThrowsAsync<BackendException>(() => rig.Backend.RenewAsync(handle, order, default).AsTask())).Code);
        // Not one more was read for a renewal.
        Assert.Single(rig.StandIn!.Asked, asked => asked.EndsWith(rig.Path, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_namespace_is_sent_with_every_call()
    {
        await using var rig = await VaultRig.StartAsync();
        rig.StandIn!.State.Namespace = "team/prod";
        var order = rig.Order();
        await Assert.ThrowsAsync<BackendException>(() => rig.Backend.PrepareAsync(rig.Backend.Plan(order), order, default).AsTask());
        rig.Connect(rig.Target with { Namespace = "team/prod" });
        var (handle, minted, _) = await rig.MintAsync();
        Assert.True(await rig.WorksAsync(minted.Secret));
        await rig.Backend.EndAsync(handle, default);
        Assert.False(await rig.WorksAsync(minted.Secret));
    }
}
