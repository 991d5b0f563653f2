using System.Globalization;

namespace CredentialBroker.Backends.Postgres;

/// <summary>What a workload gets: the parts, and one connection URI made of them.</summary>
internal static class PostgresSecret
{
    public static Secret Of(PostgresTarget target, string role, string password)
    {
        var port = target.Port.ToString(CultureInfo.InvariantCulture);
        // A socket folder is percent-encoded as a whole, and an IPv6 address stands in brackets.
        var host = target.Host.Contains(':', StringComparison.Ordinal) ? $"[{target.Host}]" : Uri.EscapeDataString(target.Host);
        var uri = $"postgresql://{Uri.EscapeDataString(role)}:{Uri.EscapeDataString(password)}@{host}:{port}/{Uri.EscapeDataString(target.Database)}?sslmode={target.SslMode}";
        return new Secret(
            ("host", target.Host), ("port", port), ("database", target.Database), ("username", role), ("password", password),
            ("sslmode", target.SslMode), ("uri", uri));
    }
}
