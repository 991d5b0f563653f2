using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using CredentialBroker.TestInfra;
using CredentialBroker.Tests.TestInfra;

namespace CredentialBroker.Tests.Refusals;

/// <summary>Claims by workloads that are who they say, for what they may not have.</summary>
[Collection("postgres")]
public sealed class ClaimRefusalTests(PostgresFixture postgres)
{
    public static TheoryData<string> Stores => ["sqlite", "postgres"];

    [Theory]
    [MemberData(nameof(Stores))]
    public async Task R09_R49_R66_A_claim_outside_its_approval_is_refused_recorded_and_leaves_nothing(string store)
    {
        await using var hostile = await StartAsync(store);
        var scene = hostile.Scene;
        var pod = await hostile.ApprovedPodAsync("token");
        await hostile.RefusedAsync(403, "no_approval", true, "another template than approved", () => scene.ClaimAsync(hostile.Token(pod), "short"));
        await hostile.RefusedAsync(403, "binding_mismatch", true, "another instance", () => scene.ClaimAsync(hostile.Token(scene.NewPod()), "token"));
        await hostile.RefusedAsync(403, "workload_not_matched", true, "another workload", () => scene.ClaimAsync(hostile.Token(pod, "intruder"), "token"));
        await hostile.RefusedAsync(403, "template_unknown", true, "unknown template", () => scene.ClaimAsync(hostile.Token(pod), "no-such"));
        var elsewhere = await hostile.ApprovedPodAsync("other-env");
        await hostile.RefusedAsync(403, "environment_mismatch", true, "another environment", () => scene.ClaimAsync(hostile.Token(elsewhere), "other-env"));
        await hostile.RefusedAsync(403, "ttl_too_long", true, "over the template's ttl", () => scene.ClaimAsync(hostile.Token(pod), "token", null, ("ttl", "6m")));

        var stopped = scene.NewPod();
        var approval = scene.ApprovalOf(stopped, "token");
        await scene.ApproveAsync(hostile.SignApproval(approval));
        await scene.ApproveAsync(hostile.SignApproval(new JsonObject { ["ref"] = approval["ref"]!.DeepClone(), ["effect"] = "withdrawn" }));
        await hostile.RefusedAsync(403, "approval_withdrawn", true, "withdrawn", () => scene.ClaimAsync(hostile.Token(stopped), "token"));

        var tooLow = await hostile.ApprovedPodAsync("token", ("tier", "low"));
        await hostile.RefusedAsync(403, "tier_mismatch", true, "approved for a lower tier", () => scene.ClaimAsync(hostile.Token(tooLow), "token"));
        var early = await hostile.ApprovedPodAsync("token", ("notBefore", hostile.Clock.GetUtcNow().ToUnixTimeSeconds() + 120));
        await hostile.RefusedAsync(403, "approval_not_yet_valid", true, "too early", () => scene.ClaimAsync(hostile.Token(early), "token"));

        var late = await hostile.ApprovedPodAsync("token");
        hostile.Pass(TimeSpan.FromMinutes(16));
        await hostile.RefusedAsync(403, "approval_expired", true, "too late", () => scene.ClaimAsync(hostile.Token(late), "token"));
    }

    [Theory]
    [MemberData(nameof(Stores))]
    public async Task An_approval_for_one_instance_is_used_up_by_the_first_that_claims(string store)
    {
        await using var hostile = await StartAsync(store, "nonce");
        var scene = hostile.Scene;
        var pods = Enumerable.Range(0, 4).Select(_ => scene.NewPod()).ToArray();
        var approved = await scene.ApproveAsync(hostile.SignApproval(scene.ApprovalOf(pods[0], "token", ("instance", null), ("nonce", "nonce-0123456789abcdef"))));
        Assert.True(approved.Status == HttpStatusCode.Accepted, approved.Body);
        var replies = await Task.WhenAll(pods.Select(pod => scene.ClaimAsync(hostile.Token(pod), "token", null, ("nonce", "nonce-0123456789abcdef"))));
        Assert.Single(replies, r => r.Status == HttpStatusCode.Created);
        Assert.All(replies.Where(r => r.Status != HttpStatusCode.Created), r => Assert.Equal((HttpStatusCode.Forbidden, "approval_used_up"), (r.Status, r.Code)));
        Assert.Equal(1, await hostile.NumberAsync("SELECT count(*) FROM leases"));
        Assert.Equal(1, await hostile.NumberAsync("SELECT count(*) FROM approval_uses"));
        await hostile.RefusedAsync(403, "approval_used_up", true, "afterwards", () => scene.ClaimAsync(hostile.Token(scene.NewPod()), "token", null, ("nonce", "nonce-0123456789abcdef")));
        Assert.NotEqual(HttpStatusCode.Created, (await scene.ClaimAsync(hostile.Token(scene.NewPod()), "token", null, ("nonce", "nonce-of-nobody-known"))).Status);
    }

    [Theory]
    [MemberData(nameof(Stores))]
    public async Task An_instance_holds_no_more_leases_than_its_template_allows_however_many_ask_at_once(string store)
    {
        await using var hostile = await StartAsync(store);
        var scene = hostile.Scene;
        var pod = await hostile.ApprovedPodAsync("token");
        var replies = await Task.WhenAll(Enumerable.Range(0, 24).Select(_ => scene.ClaimAsync(hostile.Token(pod), "token")));
        Assert.Equal(3, replies.Count(r => r.Status == HttpStatusCode.Created));
        Assert.All(replies.Where(r => r.Status != HttpStatusCode.Created), r => Assert.Equal((HttpStatusCode.Conflict, "concurrent_leases"), (r.Status, r.Code)));
        Assert.Equal(3, await hostile.NumberAsync("SELECT count(*) FROM leases"));
    }

    [Theory]
    [MemberData(nameof(Stores))]
    public async Task R07_A_renewal_out_of_bounds_is_refused_and_changes_nothing(string store)
    {
        await using var hostile = await StartAsync(store);
        var scene = hostile.Scene;
        var pod = await hostile.ApprovedPodAsync("token");
        var token = hostile.Token(pod);
        var lease = (await scene.ClaimAsync(token, "token")).Json.GetProperty("lease").GetProperty("id").GetString()!;
        foreach (var id in new[] { "unknown", "..%2f..", "'%20OR%20'1'='1", new string('a', 2000), "%F0%9F%92%A5", "%0a", lease + "%20", lease + "x" })
        {
            await hostile.RefusedAsync(404, "lease_unknown", true, $"renew {id}", () => scene.RenewAsync(token, id));
            await hostile.RefusedAsync(404, "lease_unknown", false, $"show {id}", () => scene.OperatorAsync(HttpMethod.Get, $"/v1/leases/{id}"));
            await hostile.RefusedAsync(404, "lease_unknown", false, $"end {id}", () => scene.SendAsync(HttpMethod.Delete, $"/v1/leases/{id}", token));
        }

        // What is no path at all, the server itself refuses.
        Assert.Equal(400, (int)(await scene.RenewAsync(token, "%00")).Status);
        await hostile.RefusedAsync(404, "lease_unknown", true, "another workload", () => scene.RenewAsync(hostile.Token(scene.NewPod()), lease));
        await hostile.RefusedAsync(404, "lease_unknown", false, "ended by another", () => scene.SendAsync(HttpMethod.Delete, $"/v1/leases/{lease}", hostile.Token(scene.NewPod())));
        await hostile.RefusedAsync(404, "lease_unknown", false, "shown to another", () => scene.SendAsync(HttpMethod.Get, $"/v1/leases/{lease}", hostile.Token(scene.NewPod())));
        await hostile.RefusedAsync(401, "evidence_missing", false, "by nobody", () => scene.SendAsync(HttpMethod.Post, $"/v1/leases/{lease}/renew", null));
        await hostile.RefusedAsync(403, "ttl_too_long", true, "over the ttl", () => Renew(scene, token, lease, """{"ttl":"10h"}"""));
        foreach (var body in new[] { "[]", "null", "{", """{"ttl":5}""", """{"ttl":"-1s"}""", """{"other":1}""", """{"ttl":"1s","ttl":"2s"}""", "{\"ttl\":\"1s\u0000\"}" })
        {
            await hostile.RefusedAsync(400, "request_malformed", false, body, () => Renew(scene, token, lease, body));
        }

        await scene.SendAsync(HttpMethod.Delete, $"/v1/leases/{lease}", token);
        await scene.LeaseUntilAsync(lease, "ended");
        await hostile.RefusedAsync(409, "lease_over", true, "after its end", () => scene.RenewAsync(token, lease));
    }

    [Fact]
    public async Task R07_No_renewal_goes_on_beyond_the_longest_life()
    {
        await using var hostile = await HostileScene.StartAsync(templates: SceneFolder.Token(ttl: "5m", maxTtl: "5m"));
        var scene = hostile.Scene;
        var pod = await hostile.ApprovedPodAsync("token");
        var lease = (await scene.ClaimAsync(hostile.Token(pod), "token")).Json.GetProperty("lease");
        var id = lease.GetProperty("id").GetString()!;
        var renewed = await scene.RenewAsync(hostile.Token(pod), id);
        Assert.Equal(HttpStatusCode.OK, renewed.Status);
        Assert.Equal(lease.GetProperty("maxEndsAt").GetDateTimeOffset(), renewed.Json.GetProperty("lease").GetProperty("endsAt").GetDateTimeOffset());
        hostile.Pass(TimeSpan.FromMinutes(6));
        var after = await scene.RenewAsync(hostile.Token(pod), id);
        Assert.True(after.Code is "max_ttl_reached" or "lease_over", after.Body);
        await scene.LeaseUntilAsync(id, "ended");
        await hostile.RefusedAsync(403, "max_ttl_reached", true, "ended", () => scene.RenewAsync(hostile.Token(pod), id));
    }

    [Theory]
    [MemberData(nameof(Stores))]
    public async Task Bodies_and_headers_of_any_shape_are_refused_by_name_and_never_a_fault(string store)
    {
        await using var hostile = await StartAsync(store);
        var scene = hostile.Scene;
        var pod = await hostile.ApprovedPodAsync("token");
        var token = hostile.Token(pod);
        foreach (var body in new[]
        {
            "", " ", "null", "[]", """["template"]""", "\"token\"", "1", "{", "{}", "not json", """{"template":null}""", """{"template":5}""", """{"template":"token"}x""",
            """{"template":"token","template":"short"}""", """{"template":"token","admin":true}""", """{"template":"token","ttl":"soon"}""", """{"template":"token","ttl":"-5m"}""",
            """{"template":"token","ttl":"0s"}""", """{"template":"token","ttl":"99999999999999999999h"}""", """{"template":"token","ttl":300}""", """{"template":"token","ttl":"5m\u0000"}""",
            """{"template":"token","intent":[]}""", """{"template":"token","intent":{"scopes":"all"}}""", """{"template":"token","intent":{"unknown":1}}""",
            """{"template":"token","intent":{"parameters":{"a":"1","a":"2"}}}""", """{"template":"token","nonce":"\uD800"}""", "{\"template\":\"token\",}", "{\"template\":\"token\" /* x */}",
            string.Concat(Enumerable.Repeat("[", 5000)), "\uFEFF{\"template\":\"token\"}x",
        })
        {
            await hostile.RefusedAsync(400, "request_malformed", false, body.Length > 100 ? body[..100] : body, () => scene.ClaimBodyAsync(token, body));
        }

        const string good = """{"template":"token"}""";
        await hostile.RefusedAsync(413, "request_too_large", false, "16 KiB and one", () => scene.ClaimBodyAsync(token, good + new string(' ', (16 * 1024) + 1 - good.Length)));
        // Without a length, so that it is found out while it is read; within what the server drains, so that the connection serves on.
        await hostile.RefusedAsync(413, "request_too_large", false, "16 KiB and one, in chunks", () =>
            Claim(scene, token, new StreamContent(new Unsized(Encoding.UTF8.GetBytes(good + new string(' ', 100_000)))) { Headers = { ContentType = new("application/json") } }, "k"));
        await hostile.RefusedAsync(400, "request_malformed", false, "wrong content type", () => Claim(scene, token, new StringContent(good, Encoding.UTF8, "text/plain"), "k"));
        await hostile.RefusedAsync(400, "request_malformed", false, "no content type", () => Claim(scene, token, new ByteArrayContent(Encoding.UTF8.GetBytes(good)), "k"));
        await hostile.RefusedAsync(400, "request_malformed", false, "not UTF-8", () =>
            Claim(scene, token, new ByteArrayContent([.. "{\"template\":\""u8, 0xFF, 0xFE, .. "\"}"u8]) { Headers = { ContentType = new("application/json") } }, "k"));
        foreach (var key in new[] { null, "", " ", "two words", "tab\tbed", new string('k', 256) })
        {
            await hostile.RefusedAsync(400, "request_malformed", false, $"Idempotency-Key '{key}'", () => Claim(scene, token, new StringContent(good, Encoding.UTF8, "application/json"), key));
        }

        await hostile.RefusedAsync(400, "request_malformed", false, "two keys", () => scene.SendAsync(
            HttpMethod.Post, "/v1/leases", token, new StringContent(good, Encoding.UTF8, "application/json"), ("Idempotency-Key", "a"), ("Idempotency-Key", "b")));
    }

    [Theory]
    [MemberData(nameof(Stores))]
    public async Task Strings_of_any_content_end_in_a_decision_or_a_refusal_and_never_in_a_fault(string store)
    {
        await using var hostile = await StartAsync(store);
        var scene = hostile.Scene;
        var pod = await hostile.ApprovedPodAsync("token", ("task", "a ' task"));
        var token = hostile.Token(pod);
        foreach (var text in new[] { "'; DROP TABLE leases; --", "a\0b", "\0", "line\nline\r\n", new string('x', 10_000), "%s%n{0}${x}", "\u202Eexe", "💥", "", "\"", "\\", "%", "_", "\u0001" })
        {
            foreach (var (place, code, members) in new (string Place, string? Code, (string, JsonNode?)[] Members)[]
            {
                ("template", null, [("template", text)]),
                ("nonce", null, [("template", "short"), ("nonce", text)]),
                ("scope", "intent_refused", [("template", "token"), ("intent", new JsonObject { ["scopes"] = new JsonArray(text) })]),
                ("parameter", null, [("template", "token"), ("intent", new JsonObject { ["parameters"] = new JsonObject { ["name"] = text } })]),
                ("parameter name", null, [("template", "token"), ("intent", new JsonObject { ["parameters"] = new JsonObject { [text] = "v" } })]),
            })
            {
                var before = await hostile.CountAsync();
                var reply = await scene.ClaimAsync(token, "token", null, members);
                var what = $"{place} {(text.Length > 40 ? text.Length : text)}: {(int)reply.Status} {reply.Body}";
                Assert.True((int)reply.Status is >= 400 and < 500 && reply.Code is not null, what);
                Assert.Equal(before.Rows, (await hostile.CountAsync()).Rows);
            }
        }

        foreach (var path in new[] { "/v1/leases?before=%00", "/v1/leases?before='", "/v1/audit?lease=%00", "/v1/audit?type=%00&tail=5", "/v1/leases?selector=template%3Da%00" })
        {
            var reply = await scene.OperatorAsync(HttpMethod.Get, path);
            Assert.True((int)reply.Status < 500, $"{path}: {(int)reply.Status} {reply.Body}");
        }

        var described = new JsonObject { ["template"] = "token", ["nonce"] = "a\0b", ["workload"] = "k8s://cluster/shop/checkout", ["instance"] = "a\0b" };
        var explained = await scene.OperatorAsync(HttpMethod.Post, "/v1/explain", described.ToJsonString());
        Assert.True((int)explained.Status < 500, $"explain: {explained.Body}");

        // What is stored as text only is bounded, or refused; the broker lives on either way.
        foreach (var purpose in new[] { "a\0b", new string('p', 10_000), "it's \"quoted\"\n" })
        {
            var reply = await scene.ClaimAsync(token, "token", null, ("intent", new JsonObject { ["purpose"] = purpose }));
            Assert.True((int)reply.Status < 500, reply.Body);
            if (reply.Status == HttpStatusCode.Created) await scene.SendAsync(HttpMethod.Delete, $"/v1/leases/{reply.Json.GetProperty("lease").GetProperty("id").GetString()}", token);
        }

        Assert.Equal(HttpStatusCode.Created, (await scene.ClaimAsync(token, "token")).Status);
    }

    private async Task<HostileScene> StartAsync(string store, string binding = "exact") => await HostileScene.StartAsync(
        store == "postgres" ? await postgres.NewDatabaseAsync() : null,
        configuration => configuration["TrustSources"]!["Approvals"]!["gate"]!["Binding"] = binding,
        null, SceneFolder.Token(), SceneFolder.Token("short"), SceneFolder.Token("other-env").Replace("environment: test", "environment: prod", StringComparison.Ordinal));

    private static Task<Reply> Renew(Scene scene, string token, string lease, string body) =>
        scene.SendAsync(HttpMethod.Post, $"/v1/leases/{lease}/renew", token, new StringContent(body, Encoding.UTF8, "application/json"));

    private static Task<Reply> Claim(Scene scene, string token, HttpContent content, string? key) => key is null
        ? scene.SendAsync(HttpMethod.Post, "/v1/leases", token, content)
        : scene.SendAsync(HttpMethod.Post, "/v1/leases", token, content, ("Idempotency-Key", key));

    /// <summary>Bytes whose number nobody can ask for.</summary>
    private sealed class Unsized(byte[] bytes) : MemoryStream(bytes)
    {
        public override bool CanSeek => false;
    }
}
