using System.Security.Cryptography;

namespace CredentialBroker.Sidecar.Life;

/// <summary>How long to wait: after a failure, and before a refresh. Spread, so that a thousand sidecars do not come at once.</summary>
internal static class Backoff
{
    private static readonly TimeSpan Least = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Most = TimeSpan.FromMinutes(5);

    /// <summary>Before trying again: 1 s, doubled with every failure up to 5 minutes; never less than the broker asked for.</summary>
    /// <param name="failures">Failures in a row, from 1.</param>
    /// <param name="asked">What the broker asked for.</param>
    /// <param name="remaining">What is left of the lease that is to be refreshed; ten tries fit into it. Zero where nothing is held.</param>
    public static TimeSpan After(int failures, TimeSpan? asked, TimeSpan remaining)
    {
        var wait = Least * Math.Pow(2, Math.Min(failures, 12) - 1) * Spread(0.75, 1.25);
        if (wait > Most) wait = Most * Spread(0.8, 1.0);
        if (remaining > TimeSpan.Zero && wait > remaining / 10) wait = remaining / 10;
        if (asked > wait) wait = asked.Value < Most ? asked.Value : Most;
        return wait > Least ? wait : Least;
    }

    /// <summary>
    /// Before refreshing: between 40 % and 50 % of what is left, so that a broker that is down for 40 % of a lease's life
    /// is back while half of the rest is still there.
    /// </summary>
    public static TimeSpan Refresh(TimeSpan life) => life * Spread(0.40, 0.50);

    private static double Spread(double from, double to) => from + ((to - from) * RandomNumberGenerator.GetInt32(1_000_001) / 1_000_000d);
}
