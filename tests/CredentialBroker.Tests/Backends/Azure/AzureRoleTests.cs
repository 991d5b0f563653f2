using CredentialBroker.Protocol;

namespace CredentialBroker.Backends.Azure;

/// <summary>Role assignments: known before they are made, narrow, and gone with the lease.</summary>
public sealed class AzureRoleTests
{
    [Fact]
    public async Task R24_A_token_is_worth_nothing_once_the_leases_role_is_gone_and_a_neighbours_stays()
    {
        await using var rig = await AzureRig.StartAsync();
        var (handle, minted, order) = await rig.MintAsync(AzureGrant.RoleAssignment);
        var other = rig.Order(rig.Grant(AzureGrant.RoleAssignment) with { Identity = rig.NextIdentity() });
        var neighbour = await rig.Backend.MintAsync(rig.Backend.Plan(other), other, default);
        Assert.Equal(Probe.Alive, await rig.Backend.UseAsync(order.Grant, minted.Secret, default));
        await rig.Backend.EndAsync(handle, default);
        Assert.Equal(Probe.Dead, await rig.Backend.UseAsync(order.Grant, minted.Secret, default));
        Assert.Equal(Probe.Alive, await rig.Backend.UseAsync(order.Grant, neighbour.Secret, default));
        Assert.Equal((Revocability.Condition, TimeSpan.FromMinutes(10)), (rig.Backend.RevocabilityOf(order.Grant), rig.Backend.ExpectedLatency));
    }

    [Fact]
    public async Task R23_The_assignment_names_broker_lease_and_approval_and_follows_from_the_lease()
    {
        await using var rig = await AzureRig.StartAsync();
        var (handle, _, order) = await rig.MintAsync(AzureGrant.RoleAssignment);
        var made = Assert.Single(rig.Assignments);
        Assert.Equal($"cb-{rig.BrokerId}-{order.LeaseId} approval=approval-1", made.Description);
        Assert.Equal(Handle.Find(rig.Backend.Plan(order), "assignment"), made.Id);
        Assert.Equal(made.Id, Handle.Find(handle, "assignment"));
        Assert.True((await rig.Backend.EndAsync(rig.Backend.Plan(order), default)).WasThere);
    }

    [Fact]
    public async Task R24_An_assignment_whose_answer_was_lost_is_ended_by_the_planned_handle_and_asked_once()
    {
        await using var rig = await AzureRig.StartAsync();
        var order = rig.Order(rig.Grant(AzureGrant.RoleAssignment));
        var handle = rig.Backend.Plan(order);
        // The look before is not lost, and the assignment is.
        var name = Handle.Find(handle, "assignment")!.Split('/')[^1];
        await rig.Backend.ProbeAsync(handle, default);
        rig.StandIn.LosingOnly["PUT"] = name;
        var failed = await Assert.ThrowsAsync<BackendException>(() => rig.Backend.MintAsync(handle, order, default).AsTask());
        Assert.Equal(ReasonCodes.TargetUnavailable, failed.Code);
        Assert.Single(rig.Assignments);
        Assert.Single(rig.StandIn.Asked, asked => asked.StartsWith("PUT ", StringComparison.Ordinal));
        await rig.Backend.EndAsync(handle, default);
        Assert.Empty(rig.Assignments);
    }

    [Fact]
    public async Task A_second_lease_of_the_same_identity_role_and_scope_is_refused_and_ends_nothing_of_the_first()
    {
        await using var rig = await AzureRig.StartAsync();
        var (_, first, order) = await rig.MintAsync(AzureGrant.RoleAssignment);
        var second = rig.Order((AzureGrant)order.Grant);
        var failed = await Assert.ThrowsAsync<BackendException>(() => rig.Backend.MintAsync(rig.Backend.Plan(second), second, default).AsTask());
        Assert.Contains("409 (RoleAssignmentExists)", failed.Detail, StringComparison.Ordinal);
        Assert.False((await rig.Backend.EndAsync(rig.Backend.Plan(second), default)).WasThere);
        Assert.Equal(Probe.Alive, await rig.Backend.UseAsync(order.Grant, first.Secret, default));
    }

    [Theory]
    [InlineData("principalId", AzureRig.BrokerPrincipal, "principal")]
    [InlineData("scope", "/subscriptions/bbbbbbbb-0000-4000-8000-000000000002", "scope")]
    [InlineData("roleDefinitionId", "/x/8e3af657-a8ff-443c-a75c-2fe8c4bcb635", "role")]
    public async Task Another_assignment_than_was_asked_is_deleted_and_refused(string member, string value, string said)
    {
        await using var rig = await AzureRig.StartAsync();
        var order = rig.Order(rig.Grant(AzureGrant.RoleAssignment));
        var handle = rig.Backend.Plan(order);
        rig.StandIn.Bending[Handle.Find(handle, "assignment")!] = reply =>
        {
            if (reply["properties"] is { } properties) properties[member] = value;
        };
        var failed = await Assert.ThrowsAsync<BackendException>(() => rig.Backend.MintAsync(handle, order, default).AsTask());
        Assert.Contains(said, failed.Detail, StringComparison.Ordinal);
        Assert.Empty(rig.Assignments);
    }

    [Fact]
    public async Task Every_page_is_listed_and_what_is_not_exactly_ours_is_left_alone()
    {
        await using var rig = await AzureRig.StartAsync();
        rig.StandIn.State.PageSize = 2;
        var orders = Enumerable.Range(0, 5).Select(_ => rig.Order(rig.Grant(AzureGrant.RoleAssignment) with { Identity = rig.NextIdentity() })).ToList();
        foreach (var order in orders) await rig.Backend.MintAsync(rig.Backend.Plan(order), order, default);
        var forged = RoleAssignment.IdAt(StandInResourceManager.VaultScope, Guid.Parse("99999999-0000-4000-8000-000000000009"));
        rig.StandIn.State.Assignments[forged] = new StandInAssignment(forged, StandInResourceManager.VaultScope, "11111111-0000-4000-8000-000000000001", AzureRig.OrdersPrincipal, $"cb-{rig.BrokerId}-{orders[0].LeaseId}");
        var listed = await rig.Backend.ListAsync(AzureRig.TargetName, default);
        Assert.Equal(orders.Select(order => order.LeaseId).Order(), listed.Select(one => one.LeaseId).Order());
        Assert.All(listed, one => Assert.NotEqual(forged, Handle.Find(one.Handle, "assignment")));
    }

    [Fact]
    public async Task A_next_page_elsewhere_is_not_asked_for()
    {
        await using var rig = await AzureRig.StartAsync();
        rig.StandIn.Bending["/roleAssignments"] = reply => reply["nextLink"] = "https://elsewhere.invalid/subscriptions/x";
        await Assert.ThrowsAsync<BackendException>(() => rig.Backend.ListAsync(AzureRig.TargetName, default).AsTask());
    }

    [Fact]
    public async Task A_probe_that_is_answered_with_neither_yes_nor_no_proves_nothing()
    {
        await using var rig = await AzureRig.StartAsync();
        var (_, minted, order) = await rig.MintAsync(AzureGrant.RoleAssignment);
        foreach (var status in new[] { 302, 404, 429, 500 })
        {
            rig.StandIn.Instead["/secrets"] = (status, "text/html", "hunter2");
            Assert.DoesNotContain("hunter2", (await Assert.ThrowsAsync<BackendException>(() => rig.Backend.UseAsync(order.Grant, minted.Secret, default).AsTask())).ToString(), StringComparison.Ordinal);
        }
    }
}
