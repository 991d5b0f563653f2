using System.Threading.RateLimiting;
using CredentialBroker.Protocol;

namespace CredentialBroker.Hosting;

/// <summary>
/// Bounds requests under way, issuing and control apart: a rush of claims cannot take the places in which responders
/// freeze and revoke. What finds no place is told to come back, and nothing was done for it.
/// </summary>
internal static class Partitions
{
    private const int Issuing = 1024, Control = 256;

    public static IServiceCollection AddPartitions(this IServiceCollection services) => services.AddRateLimiter(limiter =>
    {
        limiter.GlobalLimiter = PartitionedRateLimiter.Create<HttpContext, bool>(http => IsControl(http)
            ? RateLimitPartition.GetConcurrencyLimiter(true, _ => Bound(Control))
            : RateLimitPartition.GetConcurrencyLimiter(false, _ => Bound(Issuing)));
        limiter.OnRejected = async (rejected, _) =>
            await Problems.Of(ReasonCodes.Overloaded, "more requests are under way than are accepted; try again").ExecuteAsync(rejected.HttpContext);
    });

    /// <summary>All but what workloads do to get and keep credentials, and what sources send.</summary>
    private static bool IsControl(HttpContext http) =>
        http.GetEndpoint() is RouteEndpoint endpoint
        && AccessTable.Find(http.Request.Method, endpoint.RoutePattern.RawText ?? "") is { Audience: not (Audience.Workload or Audience.Document) };

    private static ConcurrencyLimiterOptions Bound(int permits) => new() { PermitLimit = permits, QueueLimit = 0 };
}
