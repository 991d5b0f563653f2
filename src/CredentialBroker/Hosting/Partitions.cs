using System.Threading.RateLimiting;
using CredentialBroker.Protocol;

namespace CredentialBroker.Hosting;

/// <summary>
/// Bounds requests under way, issuing, control and watching apart: a rush of claims cannot take the places in which responders
/// freeze and revoke. What finds no place is told to come back, and nothing was done for it.
/// </summary>
internal static class Partitions
{
    private const int Issuing = 1024, Control = 256, Staying = 8192;

    public static IServiceCollection AddPartitions(this IServiceCollection services) => services.AddRateLimiter(limiter =>
    {
        limiter.GlobalLimiter = PartitionedRateLimiter.Create<HttpContext, int>(http => RateLimitPartition.GetConcurrencyLimiter(PlacesFor(http), Bound));
        limiter.OnRejected = async (rejected, _) =>
            await Problems.Of(ReasonCodes.Overloaded, "more requests are under way than are accepted; try again").ExecuteAsync(rejected.HttpContext);
    });

    /// <summary>
    /// Control is all but what workloads do to get and keep credentials, and what sources send. Workloads that watch have
    /// places of their own, which they hold for minutes.
    /// </summary>
    private static int PlacesFor(HttpContext http)
    {
        var row = http.GetEndpoint() is RouteEndpoint endpoint ? AccessTable.Find(http.Request.Method, endpoint.RoutePattern.RawText ?? "") : null;
        return row switch
        {
            { Stays: true } => Staying,
            { Audience: not (Audience.Workload or Audience.Document) } => Control,
            _ => Issuing,
        };
    }

    private static ConcurrencyLimiterOptions Bound(int permits) => new() { PermitLimit = permits, QueueLimit = 0 };
}
