using System.Buffers.Text;
using System.Text;
using System.Text.Json.Nodes;
using CredentialBroker.Protocol;

namespace CredentialBroker.Backends.Kubernetes;

/// <summary>An API server that is down, slow, or does not behave.</summary>
public sealed class KubernetesRefusalTests
{
    [Theory]
    [InlineData("limited", "status 429")]
    [InlineData("hanging", "in time")]
    [InlineData("huge", "cannot be reached")]
    [InlineData("internal", "status 500")]
    [InlineData("redirect", "redirect")]
    [InlineData("unknown", "status 401")]
    public async Task An_API_server_that_cannot_answer_is_unavailable_and_its_words_stay_out(string state, string said)
    {
        await using var rig = await KubernetesRig.StartAsync();
        rig.Connect(rig.Target with { RequestTimeout = TimeSpan.FromSeconds(1) });
        var order = rig.Order();
        var handle = await rig.Backend.PrepareAsync(rig.Backend.Plan(order), order, default);
        var (standIn, call) = (rig.StandIn!, $"POST {rig.TokenPath}");
        standIn.RateLimited = state == "limited";
        if (state == "hanging") standIn.Hanging[call] = true;
        if (state == "huge") standIn.Instead[call] = (201, "application/json", "{\"status\":{\"token\":\"" + new string('x', 300_000) + "\"}}");
        if (state == "internal") standIn.Instead[call] = (500, "application/json", """{"kind":"Status","message":"hunter2"}""");
        if (state == "redirect") standIn.Instead[call] = (307, "text/plain", "hunter2");
        if (state == "unknown") standIn.Instead[call] = (401, "application/json", """{"kind":"Status","message":"hunter2"}""");
        var before = standIn.Asked.Count;
        var failed = await Assert.ThrowsAsync<BackendException>(() => rig.Backend.MintAsync(handle, order, default).AsTask());
        Assert.Equal((ReasonCodes.TargetUnavailable, true), (failed.Code, failed.Transient));
        Assert.Contains(said, failed.Detail, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", failed.ToString(), StringComparison.Ordinal);
        // A token is never asked for twice.
        Assert.Equal(before + 1, standIn.Asked.Count);
    }

    [Theory]
    [InlineData("account", "another account's")]
    [InlineData("unbound", "not bound to the lease's Secret")]
    [InlineData("elsewhere", "not bound to the lease's Secret")]
    [InlineData("year", "live for a year")]
    [InlineData("expiry", "expiry is not the one")]
    [InlineData("audience", "for others")]
    [InlineData("none", "is none")]
    [InlineData("header", "no token")]
    [InlineData("notime", "no expiry")]
    public async Task A_token_that_is_not_what_was_asked_for_is_not_handed_out(string kind, string said)
    {
        await using var rig = await KubernetesRig.StartAsync();
        rig.StandIn!.Changing[$"POST {rig.TokenPath}"] = reply =>
        {
            var status = reply["status"]!;
            var token = (string)status["token"]!;
            status["token"] = kind switch
            {
                "account" => With(token, claims => claims["sub"] = "system:serviceaccount:kube-system:admin"),
                "unbound" => With(token, claims => ((JsonObject)claims["kubernetes.io"]!).Remove("secret")),
                "elsewhere" => With(token, claims => claims["kubernetes.io"]!["secret"]!["uid"] = "another"),
                "year" => With(token, claims => claims["kubernetes.io"]!["warnafter"] = 1),
                "expiry" => With(token, claims => claims["exp"] = (long)claims["exp"]! + 3600),
                "audience" => With(token, claims => claims["aud"] = new JsonArray("https://orders.test", "https://other.test")),
                "none" => "opaque",
                "header" => "a\r\nb",
                _ => token,
            };
            if (kind == "notime") ((JsonObject)status).Remove("expirationTimestamp");
        };
        var failed = await Assert.ThrowsAsync<BackendException>(() => rig.MintAsync(rig.Grant(audiences: ["https://orders.test"])));
        Assert.Equal((ReasonCodes.MintFailed, false), (failed.Code, failed.Transient));
        Assert.Contains(said, failed.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_gives_shorter_lives_than_the_lease_is_told()
    {
        await using var rig = await KubernetesRig.StartAsync();
        rig.StandIn!.State.LongestSeconds = 700;
        var failed = await Assert.ThrowsAsync<BackendException>(() => rig.MintAsync());
        Assert.Contains("service-account-max-token-expiration", failed.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(404, """{"kind":"Status","status":"Failure","reason":"NotFound","details":{"name":"other","kind":"secrets"}}""")]
    [InlineData(404, "<p>no such page</p>")]
    [InlineData(200, """{"status":"ok"}""")]
    [InlineData(202, """{"kind":"Status","status":"Success"}""")]
    [InlineData(403, """{"kind":"Status","status":"Failure","reason":"Forbidden"}""")]
    public async Task Only_the_API_servers_own_word_on_this_Secret_ends_a_lease(int status, string body)
    {
        await using var rig = await KubernetesRig.StartAsync();
        var (handle, minted, _) = await rig.MintAsync();
        var call = $"DELETE {rig.SecretsPath}/{Handle.Find(handle, "object")}";
        rig.StandIn!.Instead[call] = (status, body[0] == '<' ? "text/html" : "application/json", body);
        await Assert.ThrowsAsync<BackendException>(() => rig.Backend.EndAsync(handle, default).AsTask());
        Assert.True(await rig.WorksAsync(minted.Secret));
        rig.StandIn.Instead.Clear();
        await rig.Backend.EndAsync(handle, default);
        Assert.False(await rig.WorksAsync(minted.Secret));
    }

    [Theory]
    [InlineData(404)]
    [InlineData(500)]
    public async Task An_answer_that_is_neither_yes_nor_no_proves_nothing(int status)
    {
        await using var rig = await KubernetesRig.StartAsync();
        var (_, minted, order) = await rig.MintAsync();
        rig.StandIn!.Instead["POST /apis/authentication.k8s.io/v1/selfsubjectreviews"] = (status, "application/json", "{}");
        await Assert.ThrowsAsync<BackendException>(() => rig.Backend.UseAsync(order.Grant, minted.Secret, default).AsTask());
    }

    private static string With(string token, Action<JsonObject> change)
    {
        var parts = token.Split('.');
        var claims = (JsonObject)JsonNode.Parse(Base64Url.DecodeFromChars(parts[1]))!;
        change(claims);
        return $"{parts[0]}.{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(claims.ToJsonString()))}.{parts[2]}";
    }
}
