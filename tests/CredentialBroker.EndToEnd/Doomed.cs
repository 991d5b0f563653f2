using System.Net;
using System.Net.Sockets;
using CredentialBroker.TestInfra;

namespace CredentialBroker.EndToEnd;

/// <summary>A broker that is to be killed at one point, and a workload that may claim the template <c>orders</c> there.</summary>
internal sealed record Doomed(BrokerProcess Broker, string Point, string Token)
{
    /// <summary>
    /// Calls until the broker dies of it. On a busy machine a call can be refused before it comes to the named point, because
    /// the target took too long, say; then nothing but another call leads there.
    /// </summary>
    public async Task KillAsync(Func<Task<Reply>> call)
    {
        Broker.CrashAt(Point);
        for (var tries = 1; !Broker.HasExited; tries++)
        {
            try
            {
                var reply = await call();
                Assert.True(tries < 300, $"{Point}: the broker answers instead of dying there: {(int)reply.Status} {reply.Body}\n{Broker.Said}");
            }
            catch (Exception error) when (error is HttpRequestException or SocketException)
            {
                // The connection broke with the process, as it should. One that is lost while it is being made shows as the socket's own.
                break;
            }

            await Task.Delay(200);
        }

        Assert.True(await Broker.ExitAsync() == 137, $"{Point}: the process was not killed there: {Broker.Said}");
    }

    /// <summary>A lease to work with; where making it was too slow, the next try has a key of its own.</summary>
    public async Task<string> ClaimedAsync()
    {
        for (var tries = 1; ; tries++)
        {
            var reply = await Broker.Scene.ClaimAsync(Token, "orders");
            if (reply.Status == HttpStatusCode.Created) return reply.Json.GetProperty("lease").GetProperty("id").GetString()!;
            Assert.True(tries < 30 && reply.Code is "target_unavailable" or "mint_failed" or "residual_too_long", reply.Body + Broker.Said);
            await Task.Delay(1000);
        }
    }
}
