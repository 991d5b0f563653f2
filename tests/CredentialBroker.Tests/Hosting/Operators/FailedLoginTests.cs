using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using CredentialBroker.Hosting;
using CredentialBroker.TestInfra;
using CredentialBroker.Tests.Refusals;
using CredentialBroker.Tests.TestInfra;

namespace CredentialBroker.Tests.Operators;

/// <summary>Guessing is slow, and disturbs nobody who guesses nothing.</summary>
public sealed class FailedLoginTests
{
    private const int Allowed = 5;

    [Fact]
    public async Task After_too_many_failures_an_address_is_told_to_come_back_and_no_other_is()
    {
        await using var hostile = await HostileScene.StartAsync(change: c => c["Operators"]!["FailedLoginsPerMinute"] = Allowed, templates: SceneFolder.Token());
        var scene = hostile.Scene;
        var alice = await NamedOperator.AddAsync(hostile.Broker, "alice");
        for (var i = 0; i < 3 * Allowed; i++) Assert.Equal(HttpStatusCode.OK, (await alice.GetAsync("/v1/freezes")).Status);
        // Whoever shows nothing guesses nothing.
        for (var i = 0; i < 3 * Allowed; i++) Assert.Equal("operator_unknown", (await scene.SendAsync(HttpMethod.Get, "/v1/freezes", null)).Code);
        for (var i = 0; i < Allowed; i++) Assert.Equal("operator_unknown", (await scene.SendAsync(HttpMethod.Get, "/v1/freezes", i % 2 == 0 ? "garbage" : "cbo_" + new string('0', 64))).Code);

        using var guesser = From(scene, IPAddress.Loopback);
        var token = (await File.ReadAllTextAsync(hostile.Broker.Folder.TokenFile)).Trim();
        foreach (var (bearer, forwarded) in new[] { ("garbage", null), ("cbo_" + new string('1', 64), null), ("garbage", "10.1.2.3") })
        {
            using var reply = await GetAsync(guesser, "/v1/freezes", bearer, forwarded);
            Assert.Equal(HttpStatusCode.TooManyRequests, reply.StatusCode);
            Assert.InRange(reply.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 60);
            Assert.Contains("too_many_failures", await reply.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }

        // A responder behind the same proxy gets in all the same.
        using (var responder = await GetAsync(guesser, "/v1/freezes", token)) Assert.Equal(HttpStatusCode.OK, responder.StatusCode);

        // So it is where workloads ask too, and their own evidence goes on.
        Assert.Equal("too_many_failures", (await scene.SendAsync(HttpMethod.Delete, "/v1/leases/x", "cbo_" + new string('0', 64))).Code);
        Assert.Equal("lease_unknown", (await scene.SendAsync(HttpMethod.Delete, "/v1/leases/x", token)).Code);
        var pod = await hostile.ApprovedPodAsync("token");
        var claim = await scene.ClaimAsync(hostile.Token(pod), "token");
        Assert.Equal(HttpStatusCode.Created, claim.Status);
        Assert.Equal(HttpStatusCode.Accepted, (await scene.SendAsync(HttpMethod.Delete, $"/v1/leases/{claim.Json.GetProperty("lease").GetProperty("id").GetString()}", hostile.Token(pod))).Status);

        // Another address is looked at as ever.
        using var elsewhere = From(scene, IPAddress.Parse("127.0.0.2"));
        using var served = await GetAsync(elsewhere, "/v1/freezes", token);
        Assert.Equal(HttpStatusCode.OK, served.StatusCode);

        // However often: one record for all of them.
        await hostile.Broker.Get<DoorTally>().TellAsync();
        using var audit = await GetAsync(elsewhere, "/v1/audit?type=operator.refused", token);
        Assert.Single((await audit.Content.ReadAsStringAsync()).Split('\n'), line => line.Contains("too_many_failures", StringComparison.Ordinal));
    }

    [Fact]
    public void Whoever_stops_is_let_in_again_within_a_minute()
    {
        var clock = new FakeClock();
        var failed = new FailedLogins(new OperatorOptions { FailedLoginsPerMinute = 6 }, clock);
        var from = IPAddress.Parse("192.0.2.1");
        for (var i = 0; i < 6; i++)
        {
            Assert.Null(failed.Wait(from));
            failed.Count(from);
        }

        Assert.Equal(TimeSpan.FromSeconds(10), failed.Wait(from));
        clock.Advance(TimeSpan.FromSeconds(9.9));
        Assert.NotNull(failed.Wait(from));
        clock.Advance(TimeSpan.FromSeconds(0.1));
        Assert.Null(failed.Wait(from));
        // Many at once, that all were looked at before they were counted, wait no longer than a minute.
        for (var i = 0; i < 1000; i++) failed.Count(from);
        clock.Advance(TimeSpan.FromMinutes(1));
        for (var i = 0; i < 6; i++)
        {
            Assert.Null(failed.Wait(from));
            failed.Count(from);
        }

        Assert.NotNull(failed.Wait(from));
    }

    [Fact]
    public void An_ipv6_network_is_one_caller_and_a_mapped_ipv4_address_its_own()
    {
        var failed = new FailedLogins(new OperatorOptions { FailedLoginsPerMinute = 1 }, new FakeClock());
        failed.Count(IPAddress.Parse("2001:db8:0:1::1"));
        Assert.NotNull(failed.Wait(IPAddress.Parse("2001:db8:0:1:ffff:ffff:ffff:ffff")));
        Assert.Null(failed.Wait(IPAddress.Parse("2001:db8:0:2::1")));
        failed.Count(IPAddress.Parse("::ffff:192.0.2.1"));
        Assert.NotNull(failed.Wait(IPAddress.Parse("192.0.2.1")));
        Assert.Null(failed.Wait(IPAddress.Parse("::ffff:192.0.2.2")));
    }

    [Fact]
    public void Memory_has_a_bound_and_whoever_guesses_most_is_not_forgotten()
    {
        var failed = new FailedLogins(new OperatorOptions { FailedLoginsPerMinute = 2 }, new FakeClock());
        var guesser = IPAddress.Parse("192.0.2.1");
        for (var i = 0; i < 2; i++) failed.Count(guesser);
        for (var i = 0; i < FailedLogins.MostNetworks + 100; i++) failed.Count(new IPAddress([10, (byte)(i >> 16), (byte)(i >> 8), (byte)i]));
        Assert.Equal(FailedLogins.MostNetworks, failed.Networks);
        Assert.NotNull(failed.Wait(guesser));
        Assert.Null(failed.Wait(IPAddress.Parse("198.51.100.1")));
    }

    /// <summary>A client that connects from this address of this machine.</summary>
    private static HttpClient From(Scene scene, IPAddress own) => new(new SocketsHttpHandler
    {
        ConnectCallback = async (context, cancel) =>
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            socket.Bind(new IPEndPoint(own.MapToIPv6(), 0));
            await socket.ConnectAsync(new IPEndPoint(IPAddress.Parse(context.DnsEndPoint.Host).MapToIPv6(), context.DnsEndPoint.Port), cancel);
            return new NetworkStream(socket, ownsSocket: true);
        },
    }) { BaseAddress = scene.Address };

    private static async Task<HttpResponseMessage> GetAsync(HttpClient http, string path, string bearer, string? forwarded = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", bearer);
        if (forwarded is not null) request.Headers.Add("X-Forwarded-For", forwarded);
        return await http.SendAsync(request);
    }
}
