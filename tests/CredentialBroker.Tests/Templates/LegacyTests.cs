using System.Globalization;
using System.Net;
using CredentialBroker.TestInfra;
using CredentialBroker.Tests.Refusals;

namespace CredentialBroker.Tests.Templates;

/// <summary>An application that can only check a credential out and in: bounded, looked at, and called what it is.</summary>
public sealed class LegacyTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    [Theory]
    [InlineData("networkIsolation")]
    [InlineData("pam")]
    [InlineData("monitoring")]
    [InlineData("owner")]
    [InlineData("reviewBy")]
    public void R32_Every_compensating_control_is_required(string control) => TemplateText.Refused(
        TemplateText.Good + string.Join('\n', Legacy(30).Split('\n').Where(line => !line.Contains($"  {control}:", StringComparison.Ordinal))), $"legacy.{control}", "required");

    [Fact]
    public void R32_Controls_are_looked_at_again_within_ninety_days()
    {
        Assert.Equal("team-platform", TemplateText.Compile(TemplateText.Good + Legacy(89)).Legacy!.Owner);
        TemplateText.Refused(TemplateText.Good + Legacy(92), "legacy.reviewBy", "within 90 days");
        TemplateText.Refused(TemplateText.Good + Legacy(1, "2026-02-31"), "legacy.reviewBy", "no such day");
        TemplateText.Refused(TemplateText.Good + Legacy(1, "soon"), "legacy.reviewBy", "a date");
    }

    [Fact]
    public async Task R32_Checking_in_rotates_and_the_lease_says_that_it_is_no_equivalent()
    {
        var server = await postgres.ServerAsync();
        await using var orders = await OrdersDatabase.CreateAsync(server);
        using var folder = new SceneFolder();
        await using var hostile = await HostileScene.StartAsync(change: c => orders.AddTarget(c, folder.Path), templates: [OrdersDatabase.Template + "\n" + Legacy(30)]);
        var scene = hostile.Scene;
        var pod = await hostile.ApprovedPodAsync("orders");
        var checkedOut = await scene.ClaimAsync(hostile.Token(pod), "orders");
        Assert.True(checkedOut.Status == HttpStatusCode.Created, checkedOut.Body);
        var lease = checkedOut.Json.GetProperty("lease");
        Assert.True(lease.GetProperty("notEquivalent").GetBoolean());
        var id = lease.GetProperty("id").GetString()!;
        Assert.True((await scene.LeaseAsync(id)).GetProperty("notEquivalent").GetBoolean());
        Assert.Single(await orders.LeaseRolesAsync());
        var decision = (await hostile.AuditAsync("credential.decision"))[^1].GetProperty("decision");
        Assert.True(decision.GetProperty("notEquivalent").GetBoolean());

        var checkedIn = await scene.SendAsync(HttpMethod.Delete, $"/v1/leases/{id}", hostile.Token(pod));
        Assert.Equal(HttpStatusCode.Accepted, checkedIn.Status);
        Assert.True((await scene.LeaseUntilAsync(id, "ended")).GetProperty("notEquivalent").GetBoolean());
        Assert.Empty(await orders.LeaseRolesAsync());
    }

    private static string Legacy(int days, string? reviewBy = null) =>
        $"""
        legacy:
          networkIsolation: own VLAN without a route out
          pam: sessions go through the operators' vault
          monitoring: sessions are recorded
          owner: team-platform
          reviewBy: {reviewBy ?? TimeProvider.System.GetUtcNow().AddDays(days).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)}

        """;
}
