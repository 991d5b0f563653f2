using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using CredentialBroker.Hosting;
using CredentialBroker.TestInfra;

namespace CredentialBroker.Tests.Refusals;

/// <summary>Doors that open for operators only, and what even they cannot say.</summary>
public sealed class OperatorRefusalTests
{
    [Fact]
    public async Task Every_operator_route_is_shut_to_whoever_is_no_operator()
    {
        await using var hostile = await HostileScene.StartAsync(templates: SceneFolder.Token());
        var scene = hostile.Scene;
        var workload = hostile.Token(await hostile.ApprovedPodAsync("token"));
        foreach (var row in AccessTable.Rows.Where(r => r.Audience == Hosting.Audience.Operator))
        {
            var path = row.Route.Replace("{id}", "x", StringComparison.Ordinal);
            foreach (var bearer in new[] { null, "garbage", "cbo_" + new string('0', 64), "cbo_", "cbo_' OR 1=1 --", workload })
            {
                await hostile.RefusedAsync(401, "operator_unknown", false, $"{row.Method} {path} as {bearer}", () => scene.SendAsync(new HttpMethod(row.Method), path, bearer, Body(row.Method)));
            }
        }

        foreach (var (method, path) in new[] { ("DELETE", "/v1/leases/x"), ("POST", "/v1/tasks/x/end"), ("GET", "/v1/leases/x") })
        {
            var reply = await scene.SendAsync(new HttpMethod(method), path, "cbo_" + new string('0', 64));
            Assert.Equal((HttpStatusCode.Unauthorized, "operator_unknown"), (reply.Status, reply.Code));
        }

        foreach (var (method, path) in new[] { ("GET", "/"), ("GET", "/v1/secrets"), ("PATCH", "/v1/leases/x"), ("DELETE", "/v1/audit"), ("POST", "/v1/leases/x/y"), ("OPTIONS", "/v1/leases"), ("GET", "/v1/approvals/a/b") })
        {
            var reply = await scene.OperatorAsync(new HttpMethod(method), path);
            Assert.True((int)reply.Status is 403 or 404 or 405 && reply.Code is "not_found" or "operator_forbidden", $"{method} {path}: {reply}");
        }
    }

    [Fact]
    public async Task The_bootstrap_token_is_private_bound_to_loopback_and_dead_after_a_day()
    {
        await using var hostile = await HostileScene.StartAsync();
        var file = hostile.Broker.Folder.TokenFile;
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        var token = (await File.ReadAllTextAsync(file)).Trim();
        var operators = hostile.Broker.Get<BootstrapToken>();
        Assert.NotNull(await operators.FindAsync(token, IPAddress.Loopback, CancellationToken.None));
        Assert.NotNull(await operators.FindAsync(token, IPAddress.IPv6Loopback, CancellationToken.None));
        Assert.NotNull(await operators.FindAsync(token, IPAddress.Loopback.MapToIPv6(), CancellationToken.None));
        foreach (var elsewhere in new[] { IPAddress.Parse("10.0.0.1"), IPAddress.Parse("128.0.0.1"), IPAddress.Any, IPAddress.Parse("fe80::1"), IPAddress.Parse("::ffff:10.0.0.1"), null })
        {
            Assert.Null(await operators.FindAsync(token, elsewhere, CancellationToken.None));
        }

        Assert.Null(await operators.FindAsync(token.ToUpperInvariant(), IPAddress.Loopback, CancellationToken.None));
        Assert.Equal(HttpStatusCode.OK, (await hostile.Scene.OperatorAsync(HttpMethod.Get, "/v1/freezes")).Status);
        hostile.Pass(TimeSpan.FromHours(24) - TimeSpan.FromMinutes(1));
        Assert.Equal(HttpStatusCode.OK, (await hostile.Scene.OperatorAsync(HttpMethod.Get, "/v1/freezes")).Status);
        hostile.Pass(TimeSpan.FromMinutes(1));
        Assert.Equal("operator_unknown", (await hostile.Scene.OperatorAsync(HttpMethod.Get, "/v1/freezes")).Code);
    }

    [Fact]
    public async Task Selectors_reasons_and_durations_out_of_bounds_are_told_and_stop_nothing()
    {
        await using var hostile = await HostileScene.StartAsync(templates: SceneFolder.Token());
        var scene = hostile.Scene;
        string[] selectors =
        [
            "template='; DROP TABLE leases; --", "template=token' OR '1'='1", "colour=me", "template", "=token", "template==token", "template=token,", ",", "(template=token)",
            "template=a\0b", "template=a\nb", "template=" + new string('x', 5000), new string(',', 2000), "tem%plate=x", "template=token OR 1=1",
        ];
        foreach (var selector in selectors)
        {
            var what = selector.Length > 60 ? selector[..60] : selector;
            await hostile.RefusedAsync(422, "invalid", false, $"list {what}", () => scene.OperatorAsync(HttpMethod.Get, $"/v1/leases?selector={Uri.EscapeDataString(selector)}"));
            await hostile.RefusedAsync(422, "invalid", false, $"freeze {what}", () => FreezeAsync(scene, selector, "drill"));
        }

        // Beyond its bound for a request's first line, the server itself refuses.
        Assert.Equal(414, (int)(await scene.OperatorAsync(HttpMethod.Get, $"/v1/leases?selector=template={new string('x', 10_000)}")).Status);
        await hostile.RefusedAsync(422, "invalid", false, "freeze of 10 kB", () => FreezeAsync(scene, "template=" + new string('x', 10_000), "drill"));
        await hostile.RefusedAsync(422, "invalid", false, "nothing selected", () => FreezeAsync(scene, "", "drill"));
        await hostile.RefusedAsync(422, "invalid", false, "known of leases only", () => FreezeAsync(scene, "lease=x", "drill"));
        foreach (var reason in new[] { "", "  ", new string('r', 513) })
        {
            await hostile.RefusedAsync(422, "invalid", false, $"reason of {reason.Length}", () => FreezeAsync(scene, "template=token", reason));
        }

        foreach (var length in new[] { "0s", "-1h", "soon", "", "99999999999999999h", "1h\0", "3000000d" })
        {
            await hostile.RefusedAsync(422, "invalid", false, $"for {length}", () => FreezeAsync(scene, "template=token", "drill", length));
        }

        await hostile.RefusedAsync(400, "request_malformed", false, "no reason", () => scene.OperatorAsync(HttpMethod.Post, "/v1/freezes", """{"selector":"template=token"}"""));
        await hostile.RefusedAsync(400, "request_malformed", false, "no selector", () => scene.OperatorAsync(HttpMethod.Post, "/v1/freezes", """{"reason":"drill"}"""));
        await hostile.RefusedAsync(400, "request_malformed", false, "null selector", () => scene.OperatorAsync(HttpMethod.Post, "/v1/freezes", """{"selector":null,"reason":"x"}"""));
        await hostile.RefusedAsync(400, "request_malformed", false, "wrong type", () => scene.OperatorAsync(HttpMethod.Post, "/v1/freezes", """{"selector":"template=token","reason":"x"}""", "text/plain"));
        foreach (var reason in new[] { "a\0b", "line\nline", "it's" })
        {
            var reply = await FreezeAsync(scene, "template=nothing", reason);
            Assert.True((int)reply.Status is 201 or 400 or 422, $"{(int)reply.Status} {reply.Body}");
        }

        foreach (var query in new[] { "before=%00", "before='", "count=-1", "count=99999999", "ended=true&selector=" })
        {
            var reply = await scene.OperatorAsync(HttpMethod.Get, $"/v1/leases?{query}");
            Assert.True((int)reply.Status is 200 or 400 or 422, $"{query}: {(int)reply.Status} {reply.Body}");
        }

        foreach (var query in new[] { "/v1/leases?count=many", "/v1/leases?ended=perhaps", "/v1/approvals?count=x", "/v1/audit?since=x", "/v1/audit?tail=x" })
        {
            await hostile.RefusedAsync(400, "request_malformed", false, query, () => scene.OperatorAsync(HttpMethod.Get, query));
        }
    }

    private static Task<Reply> FreezeAsync(Scene scene, string selector, string reason, string? length = null)
    {
        var body = new JsonObject { ["selector"] = selector, ["reason"] = reason };
        if (length is not null) body["for"] = length;
        return scene.OperatorAsync(HttpMethod.Post, "/v1/freezes", body.ToJsonString());
    }

    private static StringContent? Body(string method) => method is "POST" or "PUT" ? new StringContent("{}", Encoding.UTF8, "application/json") : null;
}
