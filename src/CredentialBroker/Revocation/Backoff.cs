using System.Security.Cryptography;

namespace CredentialBroker.Revocation;

/// <summary>Exponential with jitter: one second to five minutes.</summary>
internal static class Backoff
{
    public static long After(int attempts)
    {
        var whole = Math.Min(1000L << Math.Min(attempts - 1, 9), 300_000);
        return whole - RandomNumberGenerator.GetInt32((int)(whole / 4) + 1);
    }
}
