using CredentialBroker.TestInfra;

namespace CredentialBroker.EndToEnd;

/// <summary>The named points at which a broker is killed, in the order in which each operation passes them.</summary>
internal static class CrashPoints
{
    public static readonly string[] WhileIssuing =
        ["intent.before", "intent.after", "prepare.before", "prepare.after", "mint.before", "mint.after", "active.before", "active.after"];

    public static readonly string[] WhileRenewing = ["renew.before", "renew.after", "renewed.after"];

    public static readonly string[] WhileEnding = ["claim.before", "claim.after", "end.before", "end.after", "ended.before", "ended.after"];

    public static readonly string[] Stores = ["sqlite", "postgres"];

    /// <summary>
    /// Calls until the broker dies of it. On a busy machine a call can be refused before it comes to the named point, because
    /// the target took too long, say; then nothing but another call leads there.
    /// </summary>
    public static async Task KillAsync(BrokerProcess broker, string point, Func<Task<Reply>> call)
    {
        for (var tries = 1; !broker.HasExited; tries++)
        {
            try
            {
                var reply = await call();
                Assert.True(tries < 300, $"{point}: the broker answers instead of dying there: {(int)reply.Status} {reply.Body}\n{broker.Said}");
            }
            catch (Exception error) when (error is HttpRequestException or System.Net.Sockets.SocketException)
            {
                // The connection broke with the process, as it should. One that is lost while it is being made shows as the socket's own.
                break;
            }

            await Task.Delay(200);
        }

        Assert.True(await broker.ExitAsync() == 137, $"{point}: the process was not killed there: {broker.Said}");
    }

    /// <summary>A lease to work with; where making it was too slow, the next try has a key of its own.</summary>
    public static async Task<string> ClaimedAsync(BrokerProcess broker, string token)
    {
        for (var tries = 1; ; tries++)
        {
            var reply = await broker.Scene.ClaimAsync(token, "orders");
            if (reply.Status == System.Net.HttpStatusCode.Created) return reply.Json.GetProperty("lease").GetProperty("id").GetString()!;
            Assert.True(tries < 30 && reply.Code is "target_unavailable" or "mint_failed", reply.Body + broker.Said);
            await Task.Delay(1000);
        }
    }
}
