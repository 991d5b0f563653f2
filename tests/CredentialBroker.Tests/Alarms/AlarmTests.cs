using System.Net;
using System.Text.Json.Nodes;
using CredentialBroker.Alarms;
using CredentialBroker.Leases;
using CredentialBroker.Storage.Journaling;
using CredentialBroker.Tests.Operators;
using CredentialBroker.Tests.TestInfra;

namespace CredentialBroker.Tests.Alarms;

/// <summary>What somebody outside saw is proven, recorded once, and answered by rule.</summary>
public sealed class AlarmTests(AlarmScene scene) : IClassFixture<AlarmScene>
{
    [Fact]
    public async Task R65_An_exec_into_a_critical_pod_revokes_and_freezes_it_and_nothing_else()
    {
        var (pod, leases) = await scene.PodAsync("short", "token");
        var (_, others) = await scene.PodAsync("short");
        var message = new JsonObject { ["type"] = "exec", ["at"] = "2026-07-01T12:00:00Z", ["detail"] = "kubectl exec by ann", ["subject"] = new JsonObject { ["instance"] = pod } };
        Assert.Equal(HttpStatusCode.Accepted, (await scene.CallAsync("watch", message)).Status);

        Assert.Equal("incident", (await scene.Scene.LeaseUntilAsync(leases[0].Id, "ended")).GetProperty("cause").GetString());
        // Its other lease is of no critical template, and the other pod was not touched.
        Assert.Equal("active", (await scene.Scene.LeaseAsync(leases[1].Id)).GetProperty("state").GetString());
        Assert.Equal("active", (await scene.Scene.LeaseAsync(others[0].Id)).GetProperty("state").GetString());
        Assert.Equal("frozen", (await scene.Scene.ClaimAsync(scene.Scene.Token(pod), "short")).Code);
        var heard = await scene.NewestAsync();
        Assert.Equal(("watch", "exec", 1L), (heard.GetProperty("source").GetString(), heard.GetProperty("type").GetString(), heard.GetProperty("leases").GetInt64()));
        Assert.Equal(["freeze", "revoke"], heard.GetProperty("acts").EnumerateArray().Select(act => act.GetString()!.Split(' ')[0]));
        var told = Assert.Single(await scene.Operators.AuditAsync("signal.received"), one => one.GetProperty("detail").GetString()!.Contains(pod, StringComparison.Ordinal));
        Assert.Equal(("alarms:watch", "exec"), (told.GetProperty("actor").GetString(), told.GetProperty("cause").GetString()));

        // What repeats itself finds nothing that lives, and opens nothing more.
        Assert.Equal(HttpStatusCode.Accepted, (await scene.CallAsync("watch", message.DeepClone())).Status);
        Assert.Equal(0, (await scene.NewestAsync()).GetProperty("acts").GetArrayLength());
    }

    [Fact]
    public async Task R65_A_revoked_session_ends_its_lease_once_however_often_it_is_pushed()
    {
        var (_, leases) = await scene.PodAsync("token");
        var (_, others) = await scene.PodAsync("token");
        var token = scene.Sign(scene.Event("session-revoked", new JsonObject
        {
            ["format"] = "complex", ["session"] = AlarmScene.Lease(leases[0].Id), ["user"] = new JsonObject { ["format"] = "email", ["email"] = "ann@test" },
        }));
        var before = await scene.CountAsync();
        Assert.Equal((HttpStatusCode.Accepted, ""), await scene.PushAsync(token) is var first ? (first.Status, first.Body) : default);
        await scene.Scene.LeaseUntilAsync(leases[0].Id, "ended");
        Assert.Equal(HttpStatusCode.Accepted, (await scene.PushAsync(token)).Status);
        Assert.Equal(before + 1, await scene.CountAsync());
        Assert.Equal("not known here: user", (await scene.NewestAsync()).GetProperty("detail").GetString());
        Assert.Equal("active", (await scene.Scene.LeaseAsync(others[0].Id)).GetProperty("state").GetString());
    }

    [Fact]
    public async Task R65_What_the_broker_itself_signals_another_broker_understands()
    {
        // The form in which this broker sends: a complex subject whose session is the lease.
        var (_, leases) = await scene.PodAsync("token");
        var sent = scene.Event("session-revoked", new JsonObject { ["format"] = "complex", ["session"] = AlarmScene.Lease(leases[0].Id) }, new JsonObject { ["event_timestamp"] = 1751371200, ["initiating_entity"] = "policy" });
        Assert.Equal(HttpStatusCode.Accepted, (await scene.PushAsync(scene.Sign(sent))).Status);
        await scene.Scene.LeaseUntilAsync(leases[0].Id, "ended");
    }

    [Fact]
    public async Task R65_A_device_that_is_no_longer_compliant_has_its_leases_judged_again()
    {
        var (pod, leases) = await scene.PodAsync("token", "short");
        JsonObject Change(string now) => scene.Event("device-compliance-change", new JsonObject { ["format"] = "complex", ["device"] = new JsonObject { ["format"] = "opaque", ["id"] = pod } },
            new JsonObject { ["previous_status"] = now == "compliant" ? "not-compliant" : "compliant", ["current_status"] = now });
        var rechecks = scene.Operators.Broker.Get<Rechecks>();
        Assert.Equal(HttpStatusCode.Accepted, (await scene.PushAsync(scene.Sign(Change("compliant")))).Status);
        Assert.DoesNotContain(await rechecks.DueAsync(1000, default), one => leases.Exists(lease => lease.Id == one.Lease));

        Assert.Equal(HttpStatusCode.Accepted, (await scene.PushAsync(scene.Sign(Change("not-compliant")))).Status);
        Assert.Equal("recheck", Assert.Single((await scene.NewestAsync()).GetProperty("acts").EnumerateArray()).GetString());
        // They were judged, would be granted again, and go on without a mark.
        for (var i = 0; (await rechecks.DueAsync(1000, default)).Exists(one => leases.Exists(lease => lease.Id == one.Lease)); i++)
        {
            Assert.True(i < 600, "the leases were not judged");
            await Task.Delay(50);
        }

        Assert.Equal("active", (await scene.Scene.LeaseAsync(leases[0].Id)).GetProperty("state").GetString());
    }

    [Fact]
    public async Task R65_Falcos_alert_is_of_the_pod_it_names()
    {
        var (pod, leases) = await scene.PodAsync("token");
        JsonObject Alert(string priority, JsonObject fields) => new()
        {
            ["uuid"] = Guid.NewGuid().ToString(), ["output"] = "17:00:00.0: Critical Terminal shell in container (user=root)", ["priority"] = priority, ["rule"] = "Terminal shell in container",
            ["time"] = "2026-07-01T12:00:00.123456789Z", ["source"] = "syscall", ["hostname"] = "node-1", ["tags"] = new JsonArray("container"), ["output_fields"] = fields,
        };
        Assert.Equal(HttpStatusCode.Accepted, (await scene.CallAsync("falco", Alert("Notice", new JsonObject { ["k8s.pod.uid"] = pod, ["proc.name"] = "bash" }))).Status);
        Assert.Equal("active", (await scene.Scene.LeaseAsync(leases[0].Id)).GetProperty("state").GetString());
        Assert.Equal("process bash", (await scene.NewestAsync()).GetProperty("detail").GetString());

        Assert.Equal(HttpStatusCode.Accepted, (await scene.CallAsync("falco", Alert("Critical", new JsonObject { ["k8s.pod.uid"] = pod }))).Status);
        await scene.Scene.LeaseUntilAsync(leases[0].Id, "ended");
        Assert.Equal("falco:critical:Terminal shell in container", (await scene.NewestAsync()).GetProperty("type").GetString());
        // Without a UID by cluster, namespace and name; without a pod by the container; of the host itself nothing is known.
        await scene.CallAsync("falco", Alert("Critical", new JsonObject { ["k8s.ns.name"] = "shop", ["k8s.pod.name"] = "checkout-1", ["container.id"] = "4c7d9e1f2a3b" }));
        Assert.Equal("cluster=cluster,namespace=shop,pod=checkout-1", (await scene.NewestAsync()).GetProperty("selector").GetString());
        await scene.CallAsync("falco", Alert("Critical", new JsonObject { ["k8s.ns.name"] = null, ["container.id"] = "4c7d9e1f2a3b" }));
        Assert.Equal("container=4c7d9e1f2a3b*", (await scene.NewestAsync()).GetProperty("selector").GetString());
        await scene.CallAsync("falco", Alert("Critical", new JsonObject { ["container.id"] = "host" }));
        Assert.False((await scene.NewestAsync()).TryGetProperty("selector", out _));
    }

    [Fact]
    public async Task A_source_reaches_no_further_than_its_selector()
    {
        var (pod, leases) = await scene.PodAsync("short");
        Assert.Equal(HttpStatusCode.Accepted, (await scene.CallAsync("elsewhere", new JsonObject { ["type"] = "exec", ["subject"] = new JsonObject { ["instance"] = pod } })).Status);
        Assert.Equal(0, (await scene.NewestAsync()).GetProperty("acts").GetArrayLength());
        Assert.Equal("active", (await scene.Scene.LeaseAsync(leases[0].Id)).GetProperty("state").GetString());
    }

    [Fact]
    public async Task An_event_of_a_type_that_is_not_understood_is_taken_and_never_acted_upon()
    {
        var (_, leases) = await scene.PodAsync("token");
        foreach (var type in new[] { "risk-level-change", "https://schemas.openid.net/secevent/risc/event-type/account-disabled" })
        {
            Assert.Equal(HttpStatusCode.Accepted, (await scene.PushAsync(scene.Sign(scene.Event(type, AlarmScene.Lease(leases[0].Id))))).Status);
            var heard = await scene.NewestAsync();
            Assert.StartsWith("unknown:", heard.GetProperty("type").GetString(), StringComparison.Ordinal);
            Assert.Equal(0, heard.GetProperty("acts").GetArrayLength());
        }

        Assert.Equal("active", (await scene.Scene.LeaseAsync(leases[0].Id)).GetProperty("state").GetString());
    }

    public static TheoryData<string, string> Tokens => new()
    {
        { "type of another token", "invalid_request" }, { "other media type", "invalid_request" }, { "no token", "invalid_request" }, { "two events", "invalid_request" }, { "no events", "invalid_request" },
        { "sub", "invalid_request" }, { "exp", "invalid_request" }, { "no jti", "invalid_request" }, { "old", "invalid_request" }, { "future", "invalid_request" }, { "no subject", "invalid_request" },
        { "unknown format", "invalid_request" }, { "nested complex", "invalid_request" }, { "no change_type", "invalid_request" }, { "other issuer", "invalid_issuer" }, { "other audience", "invalid_audience" },
        { "two audiences", "invalid_audience" }, { "unknown key", "invalid_key" }, { "forged", "authentication_failed" },
    };

    [Theory, MemberData(nameof(Tokens))]
    public async Task A_token_that_is_not_in_order_is_refused_with_the_code_of_RFC_8935(string fault, string code)
    {
        var lease = AlarmScene.Lease("06bq2wz7v1e8k3m5n9p0r4s6t8");
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        JsonObject With(string name, JsonNode? value) => scene.Event("session-revoked", lease, null, (name, value));
        using var stranger = TestKey.Make("idp-1", "ES256");
        var token = fault switch
        {
            "type of another token" => scene.Sign(With("x", 1), "JWT"),
            "no token" => "{}",
            "two events" => scene.Sign(With("events", new JsonObject { [AlarmScene.Caep + "session-revoked"] = new JsonObject(), [AlarmScene.Caep + "credential-change"] = new JsonObject() })),
            "no events" => scene.Sign(With("events", null)),
            "sub" => scene.Sign(With("sub", "ann")),
            "exp" => scene.Sign(With("exp", now + 60)),
            "no jti" => scene.Sign(With("jti", null)),
            "old" => scene.Sign(With("iat", now - (13 * 3600))),
            "future" => scene.Sign(With("iat", now + 120)),
            "no subject" => scene.Sign(With("sub_id", null)),
            "unknown format" => scene.Sign(With("sub_id", new JsonObject { ["format"] = "tea-leaves", ["id"] = "x" })),
            "nested complex" => scene.Sign(With("sub_id", new JsonObject { ["format"] = "complex", ["user"] = new JsonObject { ["format"] = "complex", ["session"] = lease.DeepClone() } })),
            "no change_type" => scene.Sign(scene.Event("credential-change", lease, new JsonObject { ["credential_type"] = "password" })),
            "other issuer" => scene.Sign(With("iss", "https://elsewhere.test")),
            "other audience" => scene.Sign(With("aud", "https://elsewhere.test")),
            "two audiences" => scene.Sign(With("aud", new JsonArray(AlarmScene.Audience, "https://elsewhere.test"))),
            "unknown key" => scene.Sign(With("x", 1)) is var whole ? $"{System.Buffers.Text.Base64Url.EncodeToString("""{"alg":"ES256","kid":"idp-9","typ":"secevent+jwt"}"""u8)}{whole[whole.IndexOf('.', StringComparison.Ordinal)..]}" : "",
            "forged" => scene.Sign(With("x", 1), key: stranger),
            _ => scene.Sign(With("x", 1)),
        };
        var before = await scene.CountAsync();
        var reply = await scene.PushAsync(token, fault == "other media type" ? "application/jose" : "application/secevent+jwt");
        Assert.True(reply.Status == HttpStatusCode.BadRequest, reply.Body);
        Assert.Equal(code, reply.Json.GetProperty("err").GetString());
        Assert.NotEmpty(reply.Json.GetProperty("description").GetString()!);
        Assert.Equal(before, await scene.CountAsync());
    }

    public static TheoryData<string, string> Messages => new()
    {
        { "watch", "[]" }, { "watch", """{"type":"exec"}""" }, { "watch", """{"type":"Exec","subject":{"pod":"p"}}""" }, { "watch", """{"type":"exec","subject":{"tier":"low"}}""" },
        { "watch", """{"type":"exec","subject":{"pod":"p"},"more":1}""" }, { "watch", """{"type":"exec","subject":{"pod":"p","pod":"q"}}""" }, { "watch", """{"type":"exec","at":"noon","subject":{"pod":"p"}}""" },
        { "watch", """{"type":"exec","subject":{"pod":1}}""" }, { "watch", """{"type":"exec","secret":"s"}""" }, { "watch", """{"type":"exposure","secret":"s","subject":{"pod":"p"}}""" }, { "watch", """{"type":"exposure","secret":7}""" },
        { "falco", """{"rule":"r","priority":"Loud","output_fields":{}}""" }, { "falco", """{"rule":"r","priority":"Error"}""" }, { "falco", """{"priority":"Error","output_fields":{}}""" },
    };

    [Theory, MemberData(nameof(Messages))]
    public async Task A_message_in_another_form_is_refused_and_told(string source, string body)
    {
        var (heard, refused) = (await scene.CountAsync(), (await scene.Operators.AuditAsync("signal.refused")).Count);
        Assert.Equal("request_malformed", (await scene.CallAsync(source, body)).Code);
        Assert.Equal(heard, await scene.CountAsync());
        Assert.Equal(refused + 1, (await scene.Operators.AuditAsync("signal.refused")).Count);
    }

    [Fact]
    public async Task Who_does_not_prove_to_be_the_source_leaves_nothing_behind()
    {
        var (heard, refused) = (await scene.CountAsync(), (await scene.Operators.AuditAsync("signal.refused")).Count);
        var message = new JsonObject { ["type"] = "exec", ["subject"] = new JsonObject { ["pod"] = "p" } };
        Assert.Equal("evidence_signature", (await scene.CallAsync("watch", message, secret: new byte[32])).Code);
        Assert.Equal("source_unknown", (await scene.CallAsync("nobody", message)).Code);
        Assert.Equal("evidence_missing", (await scene.Scene.SendAsync(HttpMethod.Post, "/v1/alarms/watch", null, new StringContent(message.ToJsonString(), System.Text.Encoding.UTF8, "application/json"))).Code);
        Assert.Equal("request_too_large", (await scene.CallAsync("watch", new string('x', 17 * 1024))).Code);
        Assert.Equal((heard, refused), (await scene.CountAsync(), (await scene.Operators.AuditAsync("signal.refused")).Count));
        Assert.Equal(HttpStatusCode.Accepted, (await scene.CallAsync("watch", message, "same")).Status);
        Assert.Equal(HttpStatusCode.Accepted, (await scene.CallAsync("watch", message, "same")).Status);
        Assert.Equal(heard + 1, await scene.CountAsync());
    }

    [Fact]
    public void The_rules_that_stand_when_none_is_configured_are_told_in_the_reference()
    {
        var rules = AlarmRule.Of(new AlarmOptions());
        Assert.Equal(["freeze,revoke"], Acts("exec"));
        Assert.Equal(["revoke"], Acts("session-revoked"));
        Assert.Equal(["recheck"], Acts("device-compliance-change:not-compliant"));
        Assert.Empty(Acts("device-compliance-change:compliant"));
        Assert.Empty(Acts("falco:critical:Terminal shell in container"));
        List<string> Acts(string type) => [.. rules.Where(rule => rule.Fits("any", type)).Select(rule => string.Join(',', rule.Then))];
    }

    [Fact]
    public void Mistakes_of_the_configuration_are_told_with_their_place()
    {
        var mistakes = OperatorScene.MistakesOf(configuration => configuration["Alarms"] = new JsonObject
        {
            ["Sources"] = new JsonObject { ["a"] = new JsonObject { ["Format"] = "set" }, ["b"] = new JsonObject { ["Format"] = "smoke" }, ["c"] = new JsonObject { ["Format"] = "plain", ["Cluster"] = "x", ["Issuer"] = "y" } },
            ["Rules"] = new JsonArray(new JsonObject { ["Sources"] = new JsonArray("nobody"), ["Tier"] = "high", ["Selector"] = "x=", ["Then"] = new JsonArray("shout"), ["For"] = "00:00:01" }),
            ["DeadWithin"] = "02:00:00",
        });
        foreach (var place in new[]
        {
            "Alarms:Sources:a:Issuer", "Alarms:Sources:a:Audience", "Alarms:Sources:a: name either", "Alarms:Sources:a:Owners:Runtime", "Alarms:Sources:b:Format", "Alarms:Sources:c:Cluster", "Alarms:Sources:c:SecretFile",
            "Alarms:Sources:c: Issuer", "Alarms:Rules:0:Sources", "Alarms:Rules:0:Types", "Alarms:Rules:0:Tier", "Alarms:Rules:0:Selector", "Alarms:Rules:0:Then", "Alarms:Rules:0:For", "Alarms:DeadWithin",
        }) Assert.Contains(mistakes, mistake => mistake.StartsWith(place, StringComparison.Ordinal));
    }
}
