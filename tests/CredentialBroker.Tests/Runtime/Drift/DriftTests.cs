using System.Text.Json;
using CredentialBroker.Protocol;
using CredentialBroker.Runtime.Drift;
using CredentialBroker.Storage;
using CredentialBroker.Storage.Journaling;
using CredentialBroker.TestInfra;
using Microsoft.Extensions.DependencyInjection;

namespace CredentialBroker.Tests.Runtime.Drift;

/// <summary>What carries the broker's id at a target and has no lease is ended and told; what looks wrong is told.</summary>
[Collection("postgres")]
public sealed class DriftTests(PostgresFixture postgres)
{
    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgres")]
    public async Task R62_An_orphan_is_ended_and_told_and_live_leases_are_left_alone(string store)
    {
        await using var scene = await DriftScene.StartAsync(postgres, store == "postgres");
        var live = await scene.ClaimAsync();
        var orphan = await scene.MakeRoleAsync(Ids.FirstOf(scene.Now - 3_600_000));
        await scene.LookAsync();
        Assert.Equal([scene.RoleOf(live)], await scene.Orders.LeaseRolesAsync());
        var finding = Assert.Single(await scene.FindingsAsync(resolved: true));
        Assert.Equal(("orphan", "postgres/orders"), (finding.GetProperty("kind").GetString(), finding.GetProperty("subject").GetString()));
        Assert.Contains(orphan, finding.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Empty(await scene.FindingsAsync());
        Assert.Contains("drift.detected", (await scene.Broker.Scene.OperatorAsync(HttpMethod.Get, "/v1/audit")).Body, StringComparison.Ordinal);
        Assert.Equal("active", (await scene.Broker.Scene.LeaseAsync(live)).GetProperty("state").GetString());
    }

    [Fact]
    public async Task More_orphans_than_the_limit_are_left_and_held_for_a_person()
    {
        await using var scene = await DriftScene.StartAsync(postgres, onPostgres: false, most: 2);
        await scene.ClaimAsync();
        var anHourAgo = scene.Now - 3_600_000;
        for (var i = 0; i < 3; i++) await scene.MakeRoleAsync(Ids.FirstOf(anHourAgo - i));
        await scene.LookAsync();
        await scene.LookAsync();
        Assert.Equal(4, (await scene.Orders.LeaseRolesAsync()).Count);
        Assert.Equal("orphans_left", Assert.Single(await scene.FindingsAsync()).GetProperty("kind").GetString());
        Assert.Equal("target=orders", Assert.Single(await scene.HoldsAsync()).GetProperty("selector").GetString());
    }

    [Fact]
    public async Task A_target_that_knows_of_newer_leases_than_the_store_is_left_and_held()
    {
        await using var scene = await DriftScene.StartAsync(postgres, onPostgres: false);
        await scene.ClaimAsync();
        await scene.MakeRoleAsync(Ids.FirstOf(scene.Now + 60_000));
        await scene.MakeRoleAsync(Ids.FirstOf(scene.Now - 60_000));
        await scene.LookAsync();
        Assert.Equal(3, (await scene.Orders.LeaseRolesAsync()).Count);
        Assert.Equal("store_behind", Assert.Single(await scene.FindingsAsync()).GetProperty("kind").GetString());
        Assert.Single(await scene.HoldsAsync());
    }

    [Fact]
    public async Task What_is_changed_behind_the_broker_s_back_is_a_finding_until_it_is_put_right()
    {
        await using var scene = await DriftScene.StartAsync(postgres, onPostgres: false);
        await scene.SuperAsync($"ALTER ROLE {scene.Orders.Login} NOCREATEROLE");
        await scene.LookAsync();
        await scene.LookAsync();
        var finding = Assert.Single(await scene.FindingsAsync());
        Assert.Equal(("configuration", "the broker's login lacks CREATEROLE"), (finding.GetProperty("kind").GetString(), finding.GetProperty("detail").GetString()));
        await scene.SuperAsync($"ALTER ROLE {scene.Orders.Login} CREATEROLE");
        await scene.LookAsync();
        Assert.Empty(await scene.FindingsAsync());
        Assert.NotEqual(JsonValueKind.Null, Assert.Single(await scene.FindingsAsync(resolved: true)).GetProperty("resolvedAt").ValueKind);
    }
}
