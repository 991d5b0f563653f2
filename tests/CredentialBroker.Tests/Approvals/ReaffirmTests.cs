using System.Net;
using System.Text.Json.Nodes;
using CredentialBroker.Approvals;
using CredentialBroker.Issuance;
using CredentialBroker.Storage.Journaling;
using CredentialBroker.TestInfra;
using CredentialBroker.Tests.Refusals;
using Microsoft.Extensions.DependencyInjection;

namespace CredentialBroker.Tests.Approvals;

/// <summary>A long-running service goes on while everything that carried it still stands, and not a moment longer.</summary>
public sealed class ReaffirmTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    /// <summary>In the last quarter of 17 minutes, while a lease of 15 minutes still lives.</summary>
    private static readonly TimeSpan NearTheEnd = TimeSpan.FromMinutes(13);

    [Fact]
    public async Task An_approval_is_extended_while_its_instance_lives_and_would_be_granted_today()
    {
        await using var hostile = await StartAsync(days: 1, await postgres.NewDatabaseAsync());
        var (pod, approval) = await BoundAsync(hostile);
        var before = await ValidUntilAsync(hostile, approval);
        Assert.Equal(0, await RunAsync(hostile));
        var frozen = await hostile.Scene.OperatorAsync(HttpMethod.Post, "/v1/freezes", """{"selector":"template=token","reason":"looking"}""");
        hostile.Pass(NearTheEnd);
        Assert.Equal(0, await RunAsync(hostile));
        Assert.Equal(before, await ValidUntilAsync(hostile, approval));

        await hostile.Scene.OperatorAsync(HttpMethod.Delete, $"/v1/freezes/{frozen.Json.GetProperty("id").GetString()}");
        await RunAsync(hostile);
        Assert.True(await ValidUntilAsync(hostile, approval) >= before.AddMinutes(10), "it was not extended");
        Assert.Equal(0, await RunAsync(hostile));
        var told = Assert.Single(await hostile.AuditAsync("approval.reaffirmed"));
        Assert.Equal(approval, told.GetProperty("approval").GetString());
        Assert.Contains($"instance {pod} holds lease", told.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Contains("still grants", told.GetProperty("detail").GetString(), StringComparison.Ordinal);
        hostile.Pass(TimeSpan.FromMinutes(8));
        await ClaimedAsync(hostile, pod);
    }

    [Fact]
    public async Task What_is_over_is_never_revived()
    {
        await using var hostile = await StartAsync(days: 1);
        var (_, approval) = await BoundAsync(hostile, "ref-gone");
        var read = (await hostile.Broker.Get<ApprovalStore>().GetAsync(approval, CancellationToken.None))!;
        Assert.Equal(HttpStatusCode.Accepted, (await hostile.Scene.ApproveAsync(hostile.SignApproval(new JsonObject { ["ref"] = "ref-gone", ["effect"] = "withdrawn" }))).Status);
        hostile.Pass(NearTheEnd);
        Assert.Equal(0, await RunAsync(hostile));

        // Even one who read it before the withdrawal cannot write it a later end.
        var refusal = await hostile.Broker.Get<Journal>().CommitAsync(Lane.Issuing, hostile.Broker.Get<Reaffirmation>().Works(read, "what was so"));
        Assert.Equal("facts_changed", refusal?.Code);
        Assert.Empty(await hostile.AuditAsync("approval.reaffirmed"));
        Assert.Equal(read.ValidUntil, (await hostile.Broker.Get<ApprovalStore>().GetAsync(approval, CancellationToken.None))!.ValidUntil);
    }

    [Fact]
    public async Task An_instance_without_a_live_lease_is_not_taken_for_alive()
    {
        await using var hostile = await StartAsync(days: 1);
        var (pod, approval) = await BoundAsync(hostile);
        var before = await ValidUntilAsync(hostile, approval);
        var leases = (await hostile.Scene.OperatorAsync(HttpMethod.Get, $"/v1/leases?selector=instance={pod}")).Json.GetProperty("leases");
        foreach (var lease in leases.EnumerateArray()) await hostile.Scene.OperatorAsync(HttpMethod.Delete, $"/v1/leases/{lease.GetProperty("id").GetString()}");
        hostile.Pass(NearTheEnd);
        Assert.Equal(0, await RunAsync(hostile));
        Assert.Equal(before, await ValidUntilAsync(hostile, approval));
    }

    [Fact]
    public async Task A_source_that_does_not_allow_it_is_not_reaffirmed()
    {
        await using var hostile = await StartAsync(days: 0);
        var (_, approval) = await BoundAsync(hostile);
        var before = await ValidUntilAsync(hostile, approval);
        hostile.Pass(NearTheEnd);
        Assert.Equal(0, await RunAsync(hostile));
        Assert.Equal(before, await ValidUntilAsync(hostile, approval));
    }

    private static async Task<(string Pod, string Approval)> BoundAsync(HostileScene hostile, string? reference = null)
    {
        var pod = hostile.Scene.NewPod();
        var approval = reference is null ? hostile.Scene.ApprovalOf(pod, "token") : hostile.Scene.ApprovalOf(pod, "token", ("ref", reference));
        var accepted = await hostile.Scene.ApproveAsync(hostile.SignApproval(approval));
        Assert.True(accepted.Status == HttpStatusCode.Accepted, accepted.Body);
        await ClaimedAsync(hostile, pod);
        return (pod, accepted.Json.GetProperty("id").GetString()!);
    }

    private static async Task ClaimedAsync(HostileScene hostile, string pod)
    {
        var reply = await hostile.Scene.ClaimAsync(hostile.Token(pod), "token");
        Assert.True(reply.Status == HttpStatusCode.Created, reply.Body);
    }

    private static async Task<DateTimeOffset> ValidUntilAsync(HostileScene hostile, string approval) =>
        (await hostile.Scene.OperatorAsync(HttpMethod.Get, $"/v1/approvals/{approval}")).Json.GetProperty("validUntil").GetDateTimeOffset();

    private static Task<int> RunAsync(HostileScene hostile) =>
        ActivatorUtilities.CreateInstance<ReaffirmJob>(hostile.Broker.Host.Services).ReaffirmAsync(CancellationToken.None);

    private static Task<HostileScene> StartAsync(int days, string? store = null) => HostileScene.StartAsync(store, c =>
    {
        var gate = c["TrustSources"]!["Approvals"]!["gate"]!;
        gate["ReaffirmDays"] = days;
        gate["MaxValidity"] = "00:17:00";
    }, templates: [SceneFolder.Token(ttl: "15m")]);
}
