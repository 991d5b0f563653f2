using System.Net;
using System.Text.Json.Nodes;
using CredentialBroker.Issuance;
using CredentialBroker.TestInfra;
using CredentialBroker.Tests.Refusals;
using Microsoft.Extensions.DependencyInjection;

namespace CredentialBroker.Tests.Approvals;

/// <summary>A long-running service goes on while everything that carried it still stands, and not a moment longer.</summary>
public sealed class ReaffirmTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    [Fact]
    public async Task An_approval_is_extended_while_its_instance_lives_and_would_be_granted_today()
    {
        await using var hostile = await StartAsync(days: 1, await postgres.NewDatabaseAsync());
        var (pod, approval) = await BoundAsync(hostile);
        Assert.Equal(0, await RunAsync(hostile));
        hostile.Pass(TimeSpan.FromMinutes(50));
        Assert.Equal(0, await RunAsync(hostile));
        await ClaimedAsync(hostile, pod);
        var before = await ValidUntilAsync(hostile, approval);
        await hostile.Scene.OperatorAsync(HttpMethod.Post, "/v1/freezes", """{"selector":"template=token","reason":"looking"}""");
        Assert.Equal(0, await RunAsync(hostile));
        foreach (var freeze in (await hostile.Scene.OperatorAsync(HttpMethod.Get, "/v1/freezes")).Json.GetProperty("items").EnumerateArray())
        {
            await hostile.Scene.OperatorAsync(HttpMethod.Delete, $"/v1/freezes/{freeze.GetProperty("id").GetString()}");
        }

        await RunAsync(hostile);
        Assert.True(await ValidUntilAsync(hostile, approval) >= before.AddMinutes(45));
        Assert.Equal(0, await RunAsync(hostile));
        var told = Assert.Single(await hostile.AuditAsync("approval.reaffirmed"));
        Assert.Equal(approval, told.GetProperty("approval").GetString());
        Assert.Contains($"instance {pod} holds lease", told.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Contains("still grants", told.GetProperty("detail").GetString(), StringComparison.Ordinal);
        hostile.Pass(TimeSpan.FromMinutes(20));
        Assert.Equal(HttpStatusCode.Created, (await hostile.Scene.ClaimAsync(hostile.Token(pod), "token")).Status);
    }

    [Fact]
    public async Task What_is_over_is_never_revived()
    {
        await using var hostile = await StartAsync(days: 1);
        var (withdrawn, reference) = await BoundAsync(hostile, "ref-gone");
        var (ended, _) = await BoundAsync(hostile);
        hostile.Pass(TimeSpan.FromMinutes(50));
        await ClaimedAsync(hostile, withdrawn);
        await ClaimedAsync(hostile, ended);
        Assert.Equal(HttpStatusCode.Accepted, (await hostile.Scene.ApproveAsync(hostile.SignApproval(new JsonObject { ["ref"] = "ref-gone", ["effect"] = "withdrawn" }))).Status);
        await hostile.Scene.OperatorAsync(HttpMethod.Post, $"/v1/tasks/task-{ended}/end");
        Assert.Equal(0, await RunAsync(hostile));
        Assert.Empty(await hostile.AuditAsync("approval.reaffirmed"));
        Assert.Equal("withdrawn", (await hostile.Scene.OperatorAsync(HttpMethod.Get, $"/v1/approvals/{reference}")).Json.GetProperty("state").GetString());
    }

    [Fact]
    public async Task A_source_that_does_not_allow_it_is_not_reaffirmed()
    {
        await using var hostile = await StartAsync(days: 0);
        var (pod, approval) = await BoundAsync(hostile);
        hostile.Pass(TimeSpan.FromMinutes(50));
        await ClaimedAsync(hostile, pod);
        var before = await ValidUntilAsync(hostile, approval);
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
        ActivatorUtilities.CreateInstance<ReaffirmJob>(hostile.Broker.Host.Services).RunAsync(CancellationToken.None);

    private static Task<HostileScene> StartAsync(int days, string? store = null) => HostileScene.StartAsync(
        store, change: c => c["TrustSources"]!["Approvals"]!["gate"]!["ReaffirmDays"] = days, templates: [SceneFolder.Token()]);
}
