using System.Net;
using CredentialBroker.Backends;
using CredentialBroker.TestInfra;
using Microsoft.Extensions.DependencyInjection;

namespace CredentialBroker.Tests.Proofs;

/// <summary>A template is tried at its target by a canary, whose death is seen and told.</summary>
[Collection("postgres")]
public sealed class PlanTests(PostgresFixture postgres)
{
    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgres")]
    public async Task R24_A_plan_makes_uses_and_ends_a_credential_and_shows_when_it_was_dead(string store)
    {
        await using var orders = await OrdersDatabase.CreateAsync(await postgres.ServerAsync());
        using var folder = new SceneFolder();
        await using var broker = await Brokers.StartAsync(store == "postgres" ? await postgres.NewDatabaseAsync() : null, c => orders.AddTarget(c, folder.Path), folder);
        await broker.Scene.ActivateAsync(OrdersDatabase.Template);

        var reply = await broker.Scene.OperatorAsync(HttpMethod.Post, "/v1/templates/orders/plan");
        Assert.True(reply.Status == HttpStatusCode.OK, reply.Body);
        var plan = reply.Json;
        Assert.Equal(("honoured", "dead", 0), (plan.GetProperty("used").GetString(), plan.GetProperty("proof").GetString(), plan.GetProperty("findings").GetArrayLength()));
        Assert.Equal("role:orders_reader", plan.GetProperty("privileges")[0].GetProperty("resource").GetString());

        var lease = await broker.Scene.LeaseUntilAsync(plan.GetProperty("lease").GetString()!, "ended");
        Assert.Equal(plan.GetProperty("timeToDeadMs").GetInt64(), lease.GetProperty("timeToDeadMs").GetInt64());
        Assert.Equal(("canary", "canary", "revoked"), (lease.GetProperty("source").GetString(), lease.GetProperty("approval").GetString(), lease.GetProperty("cause").GetString()));
        Assert.Empty(await orders.LeaseRolesAsync());
        // A use that is under way when the role is closed is cut, and told as one.
        Assert.Equal(
            ["credential.decision", "credential.issued", "credential.revoke_requested", "credential.revoked", "credential.proved_dead"],
            (await TypesAsync(broker, lease.GetProperty("id").GetString()!)).Where(type => type != "credential.used").OrderBy(type => type == "credential.proved_dead"));
    }

    [Fact]
    public async Task A_plan_makes_nothing_under_a_freeze_for_a_stranger_or_from_an_unknown_template()
    {
        await using var broker = await StartAsync(new ScriptedBackend());
        var frozen = await broker.Scene.OperatorAsync(HttpMethod.Post, "/v1/freezes", """{"selector":"target=there","reason":"drill"}""");
        var refused = (await broker.Scene.OperatorAsync(HttpMethod.Post, "/v1/templates/scripted/plan")).Json;
        Assert.Equal("frozen", refused.GetProperty("code").GetString());
        Assert.False(refused.TryGetProperty("lease", out _));
        await broker.Scene.OperatorAsync(HttpMethod.Delete, $"/v1/freezes/{frozen.Json.GetProperty("id").GetString()}");

        Assert.Equal("invalid", (await broker.Scene.OperatorAsync(HttpMethod.Post, "/v1/templates/scripted/plan", """{"workload":"k8s://cluster/shop/stranger"}""")).Code);
        Assert.Equal("not_found", (await broker.Scene.OperatorAsync(HttpMethod.Post, "/v1/templates/unknown/plan")).Code);
        Assert.Equal(HttpStatusCode.Unauthorized, (await broker.Scene.SendAsync(HttpMethod.Post, "/v1/templates/scripted/plan", null)).Status);
        Assert.Equal(0, (await broker.Scene.OperatorAsync(HttpMethod.Get, "/v1/leases")).Json.GetProperty("leases").GetArrayLength());
    }

    [Fact]
    public async Task What_is_honoured_after_its_end_for_longer_than_expected_raises_an_alarm_and_is_watched_until_it_is_dead()
    {
        await using var broker = await StartAsync(new ScriptedBackend { HonouredAfterEnd = 6 });
        var plan = (await broker.Scene.OperatorAsync(HttpMethod.Post, "/v1/templates/scripted/plan")).Json;
        Assert.Equal("dead", plan.GetProperty("proof").GetString());
        var lease = await broker.Scene.LeaseAsync(plan.GetProperty("lease").GetString()!);
        Assert.True(lease.GetProperty("seenAliveAt").GetDateTimeOffset() < lease.GetProperty("seenDeadAt").GetDateTimeOffset());
        Assert.True(plan.GetProperty("timeToDeadMs").GetInt64() > 300);
        var types = await TypesAsync(broker, lease.GetProperty("id").GetString()!);
        Assert.Single(types, type => type == "credential.outlived_end");
        Assert.DoesNotContain("t0p-s3cret", (await broker.Scene.OperatorAsync(HttpMethod.Get, "/v1/audit")).Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_never_honoured_is_told_and_ended()
    {
        await using var broker = await StartAsync(new ScriptedBackend { HonouredAtFirst = false });
        var plan = (await broker.Scene.OperatorAsync(HttpMethod.Post, "/v1/templates/scripted/plan")).Json;
        Assert.Equal(("not_honoured", "not_possible"), (plan.GetProperty("used").GetString(), plan.GetProperty("proof").GetString()));
        await broker.Scene.LeaseUntilAsync(plan.GetProperty("lease").GetString()!, "ended");
    }

    [Fact]
    public async Task What_is_made_in_this_process_has_no_target_to_prove_it_at()
    {
        await using var broker = await Brokers.StartAsync();
        await broker.Scene.ActivateAsync(SceneFolder.Token());
        var plan = (await broker.Scene.OperatorAsync(HttpMethod.Post, "/v1/templates/token/plan")).Json;
        Assert.Equal(("not_possible", "not_possible"), (plan.GetProperty("used").GetString(), plan.GetProperty("proof").GetString()));
        await broker.Scene.LeaseUntilAsync(plan.GetProperty("lease").GetString()!, "ended");
    }

    internal static async Task<RunningBroker> StartAsync(ScriptedBackend backend, string? store = null, SceneFolder? beside = null)
    {
        var broker = await Brokers.StartAsync(store, beside: beside, services: services => services.AddSingleton(new BackendKind(backend, _ => GateLimits.InProcess)));
        await broker.Scene.ActivateAsync(SceneFolder.Template("scripted", "{ scripted: { target: there } }"));
        return broker;
    }

    internal static async Task<List<string>> TypesAsync(RunningBroker broker, string lease) =>
        [.. (await broker.Scene.OperatorAsync(HttpMethod.Get, "/v1/audit")).Body.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => System.Text.Json.JsonDocument.Parse(System.Text.Json.JsonDocument.Parse(line).RootElement.GetProperty("body").GetString()!).RootElement)
            .Where(record => record.TryGetProperty("lease", out var of) && of.GetString() == lease).Select(record => record.GetProperty("type").GetString()!)];
}
