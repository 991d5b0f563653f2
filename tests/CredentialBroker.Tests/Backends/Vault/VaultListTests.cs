using System.Text.Json.Nodes;
using CredentialBroker.Protocol;

namespace CredentialBroker.Backends.Vault;

/// <summary>What this broker made, found at the Vault without its store.</summary>
public sealed class VaultListTests
{
    [Fact]
    public async Task A_token_whose_making_was_lost_is_found_and_ended_by_what_is_found()
    {
        await using var rig = await VaultRig.StartAsync();
        var order = rig.Order();
        rig.StandIn!.Losing[$"auth/token/create/broker-{rig.Suffix}"] = true;
        await Assert.ThrowsAsync<BackendException>(() => rig.Backend.PrepareAsync(rig.Backend.Plan(order), order, default).AsTask());
        var found = Assert.Single(await rig.Backend.ListAsync(VaultRig.TargetName, default));
        Assert.Equal(order.LeaseId, found.LeaseId);
        Assert.True((await rig.Backend.EndAsync(found.Handle, default)).WasThere);
        Assert.Empty(await rig.Backend.ListAsync(VaultRig.TargetName, default));
    }

    [Fact]
    public async Task Only_tokens_with_this_brokers_id_are_listed_and_each_is_looked_up_once()
    {
        await using var rig = await VaultRig.StartAsync();
        var (_, _, mine) = await rig.MintAsync();
        foreach (var meta in new[] { new JsonObject { ["broker"] = "other0", ["lease"] = Ids.New(rig.Clock) }, new JsonObject { ["broker"] = rig.Suffix, ["lease"] = "no lease" }, [] })
        {
            await rig.AdminAsync($"auth/token/create/broker-{rig.Suffix}", new JsonObject { ["meta"] = meta, ["policies"] = new JsonArray($"lease-{rig.Suffix}") });
        }

        int LookUps() => rig.StandIn!.Asked.Count(asked => asked.EndsWith("lookup-accessor", StringComparison.Ordinal));
        Assert.Equal(mine.LeaseId, Assert.Single(await rig.Backend.ListAsync(VaultRig.TargetName, default)).LeaseId);
        var before = LookUps();
        var (_, _, second) = await rig.MintAsync();
        Assert.Equal([mine.LeaseId, second.LeaseId], (await rig.Backend.ListAsync(VaultRig.TargetName, default)).Select(one => one.LeaseId).Order());
        Assert.Equal(before + 1, LookUps());
    }

    [Fact]
    public async Task Where_the_broker_may_not_list_it_says_so_instead_of_nothing()
    {
        await using var rig = await VaultRig.StartAsync();
        var rules = rig.StandIn!.State.Policies[$"broker-{rig.Suffix}"]["path"]!.AsObject();
        foreach (var given in new JsonArray[] { ["list"], ["sudo"], [] })
        {
            rules["auth/token/accessors"] = new JsonObject { ["capabilities"] = given };
            var failed = await Assert.ThrowsAsync<BackendException>(() => rig.Backend.ListAsync(VaultRig.TargetName, default).AsTask());
            Assert.False(failed.Transient);
            Assert.Contains("sudo on auth/token/accessors", failed.Detail, StringComparison.Ordinal);
            Assert.Contains("sudo on auth/token/accessors", Assert.Single(await rig.Backend.CheckAsync(VaultRig.TargetName, default)), StringComparison.Ordinal);
        }

        rig.Connect(rig.Target with { ListTokens = false });
        var asked = rig.StandIn.Asked.Count;
        Assert.Empty(await rig.Backend.ListAsync(VaultRig.TargetName, default));
        Assert.Equal(asked, rig.StandIn.Asked.Count);
        Assert.Empty(await rig.Backend.CheckAsync(VaultRig.TargetName, default));
    }

    [Fact]
    public async Task A_list_longer_than_other_answers_may_be_is_read()
    {
        await using var rig = await VaultRig.StartAsync();
        var (_, _, order) = await rig.MintAsync();
        var mine = rig.StandIn!.State.Tokens.Values.Single(token => (string?)token.Meta["lease"] == order.LeaseId).Accessor;
        var keys = string.Join(',', Enumerable.Range(0, 10_000).Select(i => $"\"foreign{i:D17}\"").Append($"\"{mine}\""));
        rig.StandIn.Instead["auth/token/accessors"] = (200, "application/json", $"{{\"data\":{{\"keys\":[{keys}]}}}}");
        // Looked up in parts: a pass ends after so many, and the next goes on.
        var found = new List<Ours>();
        for (var pass = 0; pass < 10 && found.Count == 0; pass++) found.AddRange(await rig.Backend.ListAsync(VaultRig.TargetName, default));
        Assert.Equal(order.LeaseId, Assert.Single(found).LeaseId);
        Assert.True(rig.StandIn.Asked.Count(asked => asked.EndsWith("accessors", StringComparison.Ordinal)) > 1);
    }
}
