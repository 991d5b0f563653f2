using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using CredentialBroker.Storage;
using CredentialBroker.TestInfra;
using CredentialBroker.Tests.Operators;

namespace CredentialBroker.Tests.Uses;

/// <summary>What targets' logs tell is matched with leases; what should not be is said, and acted on by rule.</summary>
public sealed class UseTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    private const string Json = "application/json", Lines = "application/x-ndjson";

    public static TheoryData<string> Stores => ["sqlite", "postgres"];

    private async Task<string?> StoreAsync(string kind) => kind == "postgres" ? await postgres.NewDatabaseAsync() : null;

    [Theory, MemberData(nameof(Stores))]
    public async Task R38_A_use_after_the_end_is_matched_with_its_lease_shown_and_told_once(string store)
    {
        await using var scene = await OperatorScene.StartAsync(await StoreAsync(store), null, SceneFolder.Token());
        var (_, lease) = await scene.LeaseAsync("token");
        var name = NameOf(scene, lease);
        var early = CloudTrail(("e-1", TimeProvider.System.GetUtcNow().AddSeconds(-1), name, "192.0.2.1", null));
        Assert.Equal((1, 0, 0, 0, 0), await HandInAsync(scene, "cloudtrail", Json, early));

        Assert.Equal(HttpStatusCode.Accepted, (await scene.Scene.OperatorAsync(HttpMethod.Delete, $"/v1/leases/{lease}")).Status);
        var late = CloudTrail(
            ("e-1", TimeProvider.System.GetUtcNow().AddSeconds(-1), name, "192.0.2.1", null), ("e-2", TimeProvider.System.GetUtcNow().AddMinutes(1), name, "192.0.2.1", "AccessDenied"),
            ("e-3", TimeProvider.System.GetUtcNow().AddMinutes(2), name, "192.0.2.1", null), ("e-4", TimeProvider.System.GetUtcNow(), "somebody-else", "192.0.2.9", null));
        Assert.Equal((2, 1, 1, 1, 0), await HandInAsync(scene, "cloudtrail", Json, late));
        Assert.Equal((0, 3, 1, 0, 0), await HandInAsync(scene, "cloudtrail", Json, late));
        // A log may be larger than what anybody else may send.
        var large = CloudTrail([.. Enumerable.Range(0, 1000).Select(n => ($"x-{n}", TimeProvider.System.GetUtcNow(), "somebody-else", "192.0.2.9", (string?)null))]);
        Assert.True(large.Length > 128 * 1024);
        Assert.Equal((0, 0, 1000, 0, 0), await HandInAsync(scene, "cloudtrail", Json, large));

        var uses = (await scene.Scene.OperatorAsync(HttpMethod.Get, $"/v1/leases/{lease}/uses")).Json.GetProperty("uses").EnumerateArray().ToList();
        Assert.Equal([(true, false), (false, true), (true, true)], uses.Select(use => (use.GetProperty("allowed").GetBoolean(), use.GetProperty("afterEnd").GetBoolean())));
        Assert.Equal("s3.amazonaws.com:GetObject", uses[0].GetProperty("action").GetString());
        var told = Assert.Single(await scene.AuditAsync("credential.used_after_end"));
        Assert.Equal((lease, "cloudtrail/e-3"), (told.GetProperty("lease").GetString(), told.GetProperty("subject").GetString()));
    }

    [Theory, InlineData("tell", "active"), InlineData("revoke", "ended")]
    public async Task R38_A_use_from_a_second_address_is_told_and_ends_the_lease_where_that_is_the_rule(string rule, string state)
    {
        await using var scene = await OperatorScene.StartAsync(null, c => c["Uses"] = new JsonObject { ["Elsewhere"] = rule }, SceneFolder.Token());
        var (_, lease) = await scene.LeaseAsync("token");
        var (_, neighbour) = await scene.LeaseAsync("token");
        var log = string.Join('\n', Postgres(1, NameOf(scene, lease), "192.0.2.1"), Postgres(2, NameOf(scene, neighbour), "192.0.2.7"), Postgres(3, NameOf(scene, lease), "198.51.100.4"), Postgres(4, NameOf(scene, lease), "198.51.100.4"));
        Assert.Equal((4, 0, 0, 0, 1), await HandInAsync(scene, "postgres", Lines, log));
        var told = Assert.Single(await scene.AuditAsync("credential.used_elsewhere"));
        Assert.EndsWith("from 198.51.100.4", told.GetProperty("detail").GetString(), StringComparison.Ordinal);
        await UntilAsync(async () => (await scene.Scene.LeaseAsync(lease)).GetProperty("state").GetString() == state);
        if (rule == "revoke") Assert.Equal("misused", (await scene.Scene.LeaseAsync(lease)).GetProperty("cause").GetString());
        Assert.Equal("active", (await scene.Scene.LeaseAsync(neighbour)).GetProperty("state").GetString());
        // From where it was used before does not count as another address.
        Assert.Equal((1, 0, 0), await HandInAsync(scene, "postgres", Lines, Postgres(5, NameOf(scene, neighbour), "192.0.2.7")) is var (taken, known, _, _, elsewhere) ? (taken, known, elsewhere) : default);
    }

    [Fact]
    public async Task A_Vaults_log_is_read_by_its_answers()
    {
        await using var scene = await OperatorScene.StartAsync(null, null, SceneFolder.Token());
        var (_, lease) = await scene.LeaseAsync("token");
        string Entry(string type, string id, string error) => new JsonObject
        {
            ["time"] = "2030-01-31T08:00:00.123456789Z", ["type"] = type, ["error"] = error, ["auth"] = new JsonObject { ["display_name"] = $"token-{NameOf(scene, lease)}", ["client_token"] = "hmac-sha256:x" },
            ["request"] = new JsonObject { ["id"] = id, ["operation"] = "read", ["path"] = "database/creds/orders", ["remote_address"] = "192.0.2.1" },
        }.ToJsonString();
        Assert.Equal((2, 0, 1, 1, 0), await HandInAsync(scene, "vault", Lines, string.Join('\n', Entry("request", "r-1", ""), Entry("response", "r-1", ""), "", Entry("response", "r-2", "permission denied"))));
        var uses = (await scene.Scene.OperatorAsync(HttpMethod.Get, $"/v1/leases/{lease}/uses")).Json.GetProperty("uses").EnumerateArray().ToList();
        Assert.Equal([("read database/creds/orders", true), ("read database/creds/orders", false)], uses.Select(use => (use.GetProperty("action").GetString()!, use.GetProperty("allowed").GetBoolean())));
    }

    [Theory]
    [InlineData("cloudtrail", Json, "[]")]
    [InlineData("cloudtrail", Json, "{}")]
    [InlineData("cloudtrail", Json, """{"Records":[{}],"Records":[]}""")]
    [InlineData("cloudtrail", Json, """{"Records":[1]}""")]
    [InlineData("cloudtrail", Json, """{"Records":[{"userIdentity":{"arn":"NAME"},"eventID":"x","eventTime":"yesterday","eventSource":"s","eventName":"n"}]}""")]
    [InlineData("cloudtrail", Json, """{"Records":[{"userIdentity":{"arn":"NAME"},"eventTime":"2030-01-01T00:00:00Z","eventSource":"s","eventName":"n"}]}""")]
    [InlineData("postgres", Lines, "LOG: connection authorized")]
    [InlineData("postgres", Lines, """{"user":"NAME","timestamp":"2030-01-31 08:00:00.000 UTC","session_id":"x","line_num":"1"}""")]
    [InlineData("postgres", Lines, """{"user":"NAME","timestamp":"0001-01-31 08:00:00.000 UTC","session_id":"x","line_num":1}""")]
    [InlineData("vault", Lines, """{"type":"response","auth":{"display_name":"NAME"},"time":"2030-01-31T08:00:00Z"}""")]
    public async Task What_is_no_such_log_is_refused_whole_with_its_place(string log, string type, string body)
    {
        await using var scene = await OperatorScene.StartAsync(null, null, SceneFolder.Token());
        var (_, lease) = await scene.LeaseAsync("token");
        var good = log == "postgres" ? Postgres(1, NameOf(scene, lease), "192.0.2.1") + "\n" : "";
        var reply = await SendAsync(scene, log, type, good + body.Replace("NAME", NameOf(scene, lease), StringComparison.Ordinal));
        Assert.Equal((HttpStatusCode.BadRequest, "request_malformed"), (reply.Status, reply.Code));
        Assert.Contains("record ", reply.Json.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.Empty((await scene.Scene.OperatorAsync(HttpMethod.Get, $"/v1/leases/{lease}/uses")).Json.GetProperty("uses").EnumerateArray());
    }

    [Fact]
    public async Task A_statements_text_never_reaches_the_store_and_other_brokers_names_are_others()
    {
        await using var scene = await OperatorScene.StartAsync(null, null, SceneFolder.Token());
        var (_, lease) = await scene.LeaseAsync("token");
        var entry = JsonNode.Parse(Postgres(1, NameOf(scene, lease), "192.0.2.1"))!;
        (entry["message"], entry["statement"]) = ("SELECT 'hunter2'", "SELECT 'hunter2'");
        var foreign = Postgres(2, $"cb-zzzzzz-{lease}", "192.0.2.1");
        Assert.Equal((1, 0, 1, 0, 0), await HandInAsync(scene, "postgres", Lines, $"{entry.ToJsonString()}\n{foreign}"));
        Assert.DoesNotContain("hunter2", (await scene.Scene.OperatorAsync(HttpMethod.Get, $"/v1/leases/{lease}/uses")).Body, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, (await SendAsync(scene, "syslog", Lines, "{}")).Status);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, (await SendAsync(scene, "postgres", Lines, new string(' ', (8 * 1024 * 1024) + 1))).Status);
    }

    private static string NameOf(OperatorScene scene, string lease) => $"cb-{scene.Broker.Get<BrokerIdentity>().Id}-{lease}";

    private static string CloudTrail(params (string Id, DateTimeOffset At, string Name, string Address, string? Error)[] events) => new JsonObject
    {
        ["Records"] = new JsonArray([.. events.Select(one =>
        {
            var record = new JsonObject
            {
                ["eventID"] = one.Id, ["eventTime"] = one.At.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", null), ["eventSource"] = "s3.amazonaws.com", ["eventName"] = "GetObject", ["sourceIPAddress"] = one.Address,
                ["userIdentity"] = new JsonObject { ["type"] = "AssumedRole", ["arn"] = $"arn:aws:sts::123456789012:assumed-role/orders/{one.Name}", ["sessionContext"] = new JsonObject { ["sourceIdentity"] = one.Name } },
            };
            if (one.Error is not null) record["errorCode"] = one.Error;
            return (JsonNode)record;
        })]),
    }.ToJsonString();

    private static string Postgres(int line, string user, string address) => new JsonObject
    {
        ["timestamp"] = TimeProvider.System.GetUtcNow().AddMilliseconds(line - 1000).UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss.fff 'UTC'", null), ["user"] = user, ["dbname"] = "orders", ["remote_host"] = address,
        ["session_id"] = "65a.1", ["line_num"] = line, ["ps"] = "SELECT", ["error_severity"] = "LOG",
    }.ToJsonString();

    private static async Task<(int Taken, int Known, int Others, int AfterEnd, int Elsewhere)> HandInAsync(OperatorScene scene, string log, string type, string body)
    {
        var reply = await SendAsync(scene, log, type, body);
        Assert.True(reply.Status == HttpStatusCode.Accepted, reply.Body);
        int Of(string name) => reply.Json.GetProperty(name).GetInt32();
        return (Of("taken"), Of("known"), Of("others"), Of("afterEnd"), Of("elsewhere"));
    }

    private static Task<Reply> SendAsync(OperatorScene scene, string log, string type, string body) =>
        scene.Scene.SendAsync(HttpMethod.Post, $"/v1/uses/{log}", scene.Scene.OperatorToken, new StringContent(body, Encoding.UTF8, new MediaTypeHeaderValue(type)), ("Expect", "100-continue"));

    private static async Task UntilAsync(Func<Task<bool>> holds)
    {
        for (var i = 0; !await holds(); i++)
        {
            Assert.True(i < 300, "it did not come to that in time");
            await Task.Delay(100);
        }
    }
}
