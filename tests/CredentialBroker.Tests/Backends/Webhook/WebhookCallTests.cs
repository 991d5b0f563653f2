using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using CredentialBroker.Issuer;
using CredentialBroker.Protocol;
using CredentialBroker.TestInfra;

namespace CredentialBroker.Backends.Webhook;

/// <summary>What a receiver is told, and what is done with what it answers.</summary>
public sealed class WebhookCallTests
{
    private const string Call = "POST /credentials";

    [Fact]
    public async Task A_receiver_learns_what_it_needs_and_hears_its_own_reference_at_the_end()
    {
        await using var rig = await WebhookRig.StartAsync();
        var (handle, _, order) = await rig.MintAsync();
        var told = Assert.Single(rig.StandIn!.Taken);
        Assert.Equal(("create", order.LeaseId, "abc123", "api-key", "approval-1", "k8s://prod/shop/checkout"),
            ((string?)told["operation"], (string?)told["lease"], (string?)told["broker"], (string?)told["kind"], (string?)told["approval"], (string?)told["workload"]));
        Assert.Equal("""["orders:read"]{"team":"shop"}""", told["scopes"]!.ToJsonString() + told["parameters"]!.ToJsonString());
        await rig.Backend.EndAsync(handle, default);
        Assert.Equal(("revoke", $"licence-{order.LeaseId}"), ((string?)rig.StandIn.Taken[^1]["operation"], (string?)rig.StandIn.Taken[^1]["reference"]));
    }

    [Fact]
    public async Task A_call_that_another_key_signed_is_refused()
    {
        await using var rig = await WebhookRig.StartAsync();
        await rig.MintAsync();
        rig.StandIn!.Keys = Ring(rig.Rings.Federation.Published);
        using var other = SigningKey.Generate(KeyPurpose.Federation);
        rig.Rings.Federation.Replace(other, [other.Verifying]);
        var failed = await Assert.ThrowsAsync<BackendException>(() => rig.MintAsync());
        Assert.Equal((ReasonCodes.TargetUnavailable, true), (failed.Code, failed.Transient));
    }

    [ToolFact("python3")]
    public async Task The_example_takes_each_token_once_and_for_its_own_body_only()
    {
        await using var rig = await WebhookRig.StartAsync("example");
        using var http = new HttpClient();
        var body = Encoding.UTF8.GetBytes(rig.Calls.To(WebhookRig.TargetName).About("status", "a").ToJsonString());
        var digest = $"sha-256:{Base64Url.EncodeToString(SHA256.HashData(body))}";
        string Token(string audience, string digest) => FederationToken.Write(rig.Rings.Federation, rig.Clock, "credential-broker", audience, claims => claims.WriteString("digest", digest));
        async Task<HttpStatusCode> SendAsync(string token, byte[] sent)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, rig.Target.Address) { Content = new ByteArrayContent(sent), Headers = { { "Authorization", $"Bearer {token}" } } };
            using var answer = await http.SendAsync(request);
            return answer.StatusCode;
        }

        var token = Token(WebhookStandIn.Audience, digest);
        Assert.Equal(HttpStatusCode.OK, await SendAsync(token, body));
        Assert.Equal(HttpStatusCode.Unauthorized, await SendAsync(token, body));
        Assert.Equal(HttpStatusCode.Unauthorized, await SendAsync(Token("vault", digest), body));
        Assert.Equal(HttpStatusCode.Unauthorized, await SendAsync(Token(WebhookStandIn.Audience, "sha-256:"), body));
        Assert.Equal(HttpStatusCode.Unauthorized, await SendAsync(Token(WebhookStandIn.Audience, digest)[..^8] + "AAAAAAAA", body));
        Assert.Equal(HttpStatusCode.Unauthorized, await SendAsync("a.b.c", body));
        var twice = "{\"version\":\"credentialbroker/webhook/v1\",\"operation\":\"status\",\"lease\":\"a\",\"lease\":\"b\"}"u8.ToArray();
        Assert.Equal(HttpStatusCode.BadRequest, await SendAsync(Token(WebhookStandIn.Audience, $"sha-256:{Base64Url.EncodeToString(SHA256.HashData(twice))}"), twice));
    }

    [Theory]
    [InlineData("busy", "status 429")]
    [InlineData("hanging", "in time")]
    [InlineData("huge", "cannot be reached")]
    [InlineData("internal", "status 500")]
    [InlineData("redirect", "redirect")]
    public async Task A_receiver_that_cannot_answer_is_unavailable_and_its_words_stay_out(string state, string said)
    {
        await using var rig = await WebhookRig.StartAsync();
        rig.Connect(rig.Target with { RequestTimeout = TimeSpan.FromSeconds(1) });
        var standIn = rig.StandIn!;
        standIn.Busy = state == "busy";
        if (state == "hanging") standIn.Hanging[Call] = true;
        if (state == "huge") standIn.Instead[Call] = (201, "application/json", "{\"lease\":\"" + new string('x', 300_000) + "\"}");
        if (state == "internal") standIn.Instead[Call] = (500, "application/json", """{"error":"hunter2"}""");
        if (state == "redirect") standIn.Instead[Call] = (302, "text/plain", "hunter2");
        var failed = await Assert.ThrowsAsync<BackendException>(() => rig.MintAsync());
        Assert.Equal((ReasonCodes.TargetUnavailable, true), (failed.Code, failed.Transient));
        Assert.Contains(said, failed.Detail, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", failed.ToString(), StringComparison.Ordinal);
        Assert.Single(standIn.Asked);
    }

    [Theory]
    [InlineData("lease", "not about this lease")]
    [InlineData("none", "no credential")]
    [InlineData("empty", "empty")]
    [InlineData("number", "named texts")]
    [InlineData("name", "named texts")]
    [InlineData("forever", "does not say when")]
    [InlineData("local", "does not say when")]
    [InlineData("short", "stops before its lease")]
    [InlineData("reference", "visible characters")]
    [InlineData("telling", "holds the credential")]
    public async Task An_answer_that_is_not_the_contracts_makes_no_credential(string kind, string said)
    {
        await using var rig = await WebhookRig.StartAsync();
        rig.StandIn!.Changing[Call] = reply =>
        {
            if (kind == "lease") reply["lease"] = "another";
            if (kind == "none") reply.Remove("credential");
            if (kind == "empty") reply["credential"] = new JsonObject();
            if (kind == "number") reply["credential"]!["n"] = 1;
            if (kind == "name") reply["credential"]!["a b"] = "c";
            if (kind == "forever") reply.Remove("expiresAt");
            if (kind == "local") reply["expiresAt"] = "2030-01-01 12:00";
            if (kind == "short") reply["expiresAt"] = "2020-01-01T00:00:00Z";
            if (kind == "reference") reply["reference"] = "a b";
            if (kind == "telling") reply["reference"] = $"key-{(string)reply["credential"]!["key"]!}";
        };
        var failed = await Assert.ThrowsAsync<BackendException>(() => rig.MintAsync());
        Assert.Equal((ReasonCodes.MintFailed, false), (failed.Code, failed.Transient));
        Assert.Contains(said, failed.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(404, "text/html", "<p>no such page</p>")]
    [InlineData(404, "application/json", """{"error":"not_found"}""")]
    [InlineData(410, "application/json", """{"lease":"another","state":"gone"}""")]
    [InlineData(200, "application/json", """{"state":"revoked"}""")]
    [InlineData(202, "application/json", """{"state":"revoked"}""")]
    [InlineData(204, "application/json", "")]
    public async Task Only_an_answer_about_this_lease_ends_it(int status, string type, string body)
    {
        await using var rig = await WebhookRig.StartAsync();
        var (handle, minted, _) = await rig.MintAsync();
        rig.StandIn!.Instead[Call] = (status, type, body);
        await Assert.ThrowsAsync<BackendException>(() => rig.Backend.EndAsync(handle, default).AsTask());
        Assert.True(await rig.WorksAsync(minted.Secret));
        rig.StandIn.Instead.Clear();
        await rig.Backend.EndAsync(handle, default);
        Assert.False(await rig.WorksAsync(minted.Secret));
    }

    [Fact]
    public async Task R24_What_was_made_and_lost_is_ended_by_the_lease_alone_and_asked_for_once()
    {
        await using var rig = await WebhookRig.StartAsync();
        rig.StandIn!.Losing[Call] = true;
        var order = rig.Order();
        await Assert.ThrowsAsync<BackendException>(() => rig.Backend.MintAsync(rig.Backend.Plan(order), order, default).AsTask());
        Assert.Single(rig.StandIn.Taken);
        Assert.Equal([order.LeaseId], rig.StandIn.Living());
        rig.StandIn.Losing.Clear();
        Assert.True((await rig.Backend.EndAsync(rig.Backend.Plan(order), default)).WasThere);
        Assert.Empty(rig.StandIn.Living());
    }

    [Fact]
    public async Task The_list_goes_on_over_pages()
    {
        await using var rig = await WebhookRig.StartAsync();
        for (var i = 0; i < 5; i++) await rig.MintAsync();
        Assert.Equal(rig.StandIn!.Living().Order(), (await rig.Backend.ListAsync(WebhookRig.TargetName, default)).Select(one => one.LeaseId).Order());
    }

    [Fact]
    public async Task A_receiver_that_does_not_renew_is_not_asked_and_the_check_asks_for_a_lease_that_never_was()
    {
        await using var rig = await WebhookRig.StartAsync();
        var (handle, _, order) = await rig.MintAsync();
        rig.Connect(rig.Target with { Renews = false });
        Assert.Equal(ReasonCodes.LeaseNotRenewable, (await Assert.ThrowsAsync<BackendException>(() => rig.Backend.RenewAsync(handle, order, default).AsTask())).Code);
        Assert.Single(rig.StandIn!.Taken);
        Assert.Empty(await rig.Backend.CheckAsync(WebhookRig.TargetName, default));
        rig.StandIn.Issuer = "https://another.example";
        Assert.Contains("signature", Assert.Single(await rig.Backend.CheckAsync(WebhookRig.TargetName, default)), StringComparison.Ordinal);
    }

    private static KeyRing Ring(IReadOnlyList<VerifyingKey> known)
    {
        using var any = SigningKey.Generate(KeyPurpose.Federation);
        var ring = new KeyRing(KeyPurpose.Federation, "https://broker.example/issuer/federation");
        ring.Replace(any, [any.Verifying, .. known]);
        return ring;
    }
}
