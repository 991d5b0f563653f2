using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using CredentialBroker.Storage.Journaling;
using CredentialBroker.TestInfra;

namespace CredentialBroker.Tests.Alarms;

/// <summary>What was found where it must not be is matched, revoked at once, and never kept.</summary>
public sealed class ExposureTests(AlarmScene scene) : IClassFixture<AlarmScene>
{
    public static TheoryData<string> Ways => ["lease", "token", "in a log", "credential", "name", "selector"];

    [Theory, MemberData(nameof(Ways))]
    public async Task R70_A_reported_credential_is_dead_within_seconds_and_its_workload_gets_another(string way)
    {
        var (pod, leases) = await scene.PodAsync("token");
        var (_, others) = await scene.PodAsync("token");
        var (id, secret) = leases[0];
        var broker = scene.Operators.Broker.Get<CredentialBroker.Storage.BrokerIdentity>().Id;
        var body = new JsonObject { ["reason"] = "seen by the scanner", ["foundIn"] = "build 77" };
        body[way is "lease" or "selector" ? way : "secret"] = way switch
        {
            "lease" => id,
            "selector" => $"instance={pod}",
            "token" => secret + "\n",
            "in a log" => $"GET / HTTP/1.1\r\nAuthorization: Bearer {secret}\r\nX: y",
            "credential" => $$"""{ "token": "{{secret}}", "tokenType": "at+jwt" }""",
            _ => $"postgresql://cb-{broker}-{id}:pw@db/orders",
        };
        var reply = await scene.Scene.OperatorAsync(HttpMethod.Post, "/v1/exposures", body.ToJsonString());
        Assert.True(reply.Status == HttpStatusCode.Accepted, reply.Body);
        Assert.Equal((true, 1L), (reply.Json.GetProperty("known").GetBoolean(), reply.Json.GetProperty("leases").GetInt64()));

        Assert.Equal("incident", (await scene.Scene.LeaseUntilAsync(id, "ended")).GetProperty("cause").GetString());
        Assert.False(await scene.Scene.IntrospectAsync(secret));
        Assert.Equal("active", (await scene.Scene.LeaseAsync(others[0].Id)).GetProperty("state").GetString());
        var exposure = await DeadAsync(reply.Json.GetProperty("id").GetString()!);
        Assert.InRange(exposure.GetProperty("deadAfterMs").GetInt64(), 0, 5 * 60_000);
        Assert.Contains(await scene.Operators.AuditAsync("exposure.dead"), one => one.GetProperty("subject").GetString() == exposure.GetProperty("id").GetString());
        Assert.True((await scene.Scene.OperatorAsync(HttpMethod.Get, "/v1/exposures")).Json.GetProperty("meanMs").GetInt64() >= 0);
        // Rotated: its approval stands, so that it claims anew and gets another.
        Assert.NotEqual(secret, (await scene.ClaimAsync(pod, "token")).Secret);
        // Reported again, it is known and dead already.
        var again = (await scene.Scene.OperatorAsync(HttpMethod.Post, "/v1/exposures", way == "selector" ? body.ToJsonString().Replace($"instance={pod}", $"lease={id}", StringComparison.Ordinal) : body.ToJsonString())).Json;
        Assert.Equal((true, 0L, 0L), (again.GetProperty("known").GetBoolean(), again.GetProperty("leases").GetInt64(), again.GetProperty("deadAfterMs").GetInt64()));
    }

    [Fact]
    public async Task R70_A_scanner_reports_what_it_found_through_its_source_and_the_secret_is_kept_nowhere()
    {
        var (_, leases) = await scene.PodAsync("token");
        var (id, secret) = leases[0];
        Assert.Equal(HttpStatusCode.Accepted, (await scene.CallAsync("watch", new JsonObject { ["type"] = "exposure", ["secret"] = secret, ["detail"] = "in a public repository" })).Status);
        await scene.Scene.LeaseUntilAsync(id, "ended");
        var exposures = await scene.Scene.OperatorAsync(HttpMethod.Get, "/v1/exposures");
        var exposure = exposures.Json.GetProperty("exposures").EnumerateArray().First(one => one.GetProperty("selector").GetString() == $"lease={id}");
        Assert.Equal(("alarms:watch", "secret", "in a public repository"), (exposure.GetProperty("reportedBy").GetString(), exposure.GetProperty("how").GetString(), exposure.GetProperty("reason").GetString()));
        var told = string.Join('\n', exposures.Body, (await scene.Scene.OperatorAsync(HttpMethod.Get, "/v1/alarms")).Body, (await scene.Scene.OperatorAsync(HttpMethod.Get, "/v1/audit")).Body);
        Assert.DoesNotContain(secret.Split('.')[2], told, StringComparison.Ordinal);
        Assert.DoesNotContain(secret.Split('.')[1], told, StringComparison.Ordinal);
    }

    [Fact]
    public async Task R70_What_is_of_no_lease_is_recorded_and_revokes_nothing()
    {
        var (_, leases) = await scene.PodAsync("token");
        // Changed by one character it is another token.
        var other = leases[0].Secret.Split('.') is var parts ? $"{parts[0]}.{(parts[1][0] == 'e' ? 'f' : 'e')}{parts[1][1..]}.{parts[2]}" : "";
        foreach (var secret in new[] { other, "hunter2", "cb-xxxxxx-" + leases[0].Id, "{\"a\":1}", "{ no json" })
        {
            var reply = (await scene.Scene.OperatorAsync(HttpMethod.Post, "/v1/exposures", new JsonObject { ["reason"] = "r", ["secret"] = secret }.ToJsonString())).Json;
            Assert.Equal((false, 0L), (reply.GetProperty("known").GetBoolean(), reply.GetProperty("leases").GetInt64()));
            Assert.False(reply.TryGetProperty("revocation", out _));
        }

        Assert.Equal("active", (await scene.Scene.LeaseAsync(leases[0].Id)).GetProperty("state").GetString());
    }

    [Fact]
    public async Task R70_What_is_not_dead_in_time_is_told_once()
    {
        var desk = scene.Operators.Broker.Get<CredentialBroker.Alarms.ExposureDesk>();
        // More than may be ended unasked: it waits for a second person, and time goes by.
        var (id, old) = (CredentialBroker.Protocol.Ids.New(TimeProvider.System), TimeProvider.System.GetUtcNow().AddMinutes(-6).ToUnixTimeMilliseconds());
        await scene.Operators.Broker.Get<Journal>().CommitAsync(Lane.Control, CredentialBroker.Alarms.ExposureStore.Keep(new(id, "selector", "template=token", null, "r", "ann", old, true, 5000, "none", null)));
        await desk.FollowAsync(TimeSpan.FromMinutes(5), default);
        await desk.FollowAsync(TimeSpan.FromMinutes(5), default);
        Assert.Single(await scene.Operators.AuditAsync("exposure.overdue"), one => one.GetProperty("subject").GetString() == id);
    }

    public static TheoryData<string> Wrong =>
    [
        "{}", """{"reason":"r"}""", """{"reason":"","lease":"06bq2wz7v1e8k3m5n9p0r4s6t8"}""", """{"reason":"r","lease":"x"}""", """{"reason":"r","lease":"06bq2wz7v1e8k3m5n9p0r4s6t8","secret":"s"}""",
        """{"reason":"r","selector":"nonsense"}""", """{"reason":"r","secret":""}""", """{"reason":"r","secret":"s","more":1}""", """{"reason":"r","foundIn":"\u0007","secret":"s"}""",
    ];

    [Theory, MemberData(nameof(Wrong))]
    public async Task A_report_that_is_not_in_order_is_refused(string body) =>
        Assert.Contains((await scene.Scene.OperatorAsync(HttpMethod.Post, "/v1/exposures", body)).Status, new[] { HttpStatusCode.BadRequest, HttpStatusCode.UnprocessableEntity });

    [Fact]
    public async Task Whoever_is_narrowed_exposes_nothing_beyond_that()
    {
        var (_, leases) = await scene.PodAsync("token");
        var stranger = scene.Operators.Token("eve", "elsewhere-admins");
        var reply = await scene.Operators.AsAsync(stranger, HttpMethod.Post, "/v1/exposures", new JsonObject { ["reason"] = "r", ["secret"] = leases[0].Secret });
        Assert.True(reply.Status == HttpStatusCode.Accepted, reply.Body);
        Assert.Equal(0, reply.Json.GetProperty("leases").GetInt64());
        Assert.Equal("active", (await scene.Scene.LeaseAsync(leases[0].Id)).GetProperty("state").GetString());
    }

    [Fact]
    public async Task Whoever_only_reports_shows_the_secret_and_reads_nothing()
    {
        var (_, leases) = await scene.PodAsync("token");
        var robot = scene.Operators.Token("scanner", "reporters");
        foreach (var way in new[] { new JsonObject { ["reason"] = "r", ["lease"] = leases[0].Id }, new JsonObject { ["reason"] = "r", ["selector"] = "template=token" } })
        {
            Assert.Equal("operator_forbidden", (await scene.Operators.AsAsync(robot, HttpMethod.Post, "/v1/exposures", way)).Code);
        }

        Assert.Equal("operator_forbidden", (await scene.Operators.AsAsync(robot, HttpMethod.Get, "/v1/exposures")).Code);
        Assert.Equal(HttpStatusCode.Accepted, (await scene.Operators.AsAsync(robot, HttpMethod.Post, "/v1/exposures", new JsonObject { ["reason"] = "r", ["secret"] = leases[0].Secret })).Status);
        await scene.Scene.LeaseUntilAsync(leases[0].Id, "ended");
    }

    private async Task<JsonElement> DeadAsync(string id)
    {
        for (var i = 0; ; i++)
        {
            var exposure = (await scene.Scene.OperatorAsync(HttpMethod.Get, $"/v1/exposures/{id}")).Json;
            if (exposure.TryGetProperty("deadAt", out _)) return exposure;
            Assert.True(i < 600, $"exposure {id} is not dead");
            await Task.Delay(50);
        }
    }
}
