using System.Net;

namespace CredentialBroker.Backends.Postgres;

/// <summary>What a PostgreSQL target's configuration must keep; every mistake is told with its configuration path.</summary>
internal static class PostgresTargetRules
{
    public static IEnumerable<string> Check(PostgresTarget target, string path) =>
        Connection(target, path).Concat(Roles(target, path)).Concat(Limits(target, path));

    private static IEnumerable<string> Connection(PostgresTarget target, string path)
    {
        // A comma would name several servers, and a credential must be ended on the one where it was made.
        if (target.Host.Length == 0 || target.Host.Contains(',', StringComparison.Ordinal)) yield return $"{path}:Host: must name one server";
        if (target.Port is < 1 or > 65535) yield return $"{path}:Port: must be from 1 to 65535";
        if (!PostgresNames.IsDatabase(target.Database)) yield return $"{path}:Database: must be a database name of 1 to 63 characters";
        for (var i = 0; i < target.Databases.Count; i++)
        {
            if (!PostgresNames.IsDatabase(target.Databases[i])) yield return $"{path}:Databases:{i}: must be a database name of 1 to 63 characters";
        }

        if (target.Username.Length == 0) yield return $"{path}:Username: must be the broker's login role";
        if (!PostgresTarget.SslModes.ContainsKey(target.SslMode))
            yield return $"{path}:SslMode: must be one of {string.Join(", ", PostgresTarget.SslModes.Keys)}";
        else if (target.SslMode is "disable" or "allow" or "prefer" && !IsLocal(target.Host))
            yield return $"{path}:SslMode: may be weaker than require only for a loopback address or a socket folder";
        foreach (var (name, file) in new[]
                 {
                     ("PasswordFile", target.PasswordFile), ("ClientCertificateFile", target.ClientCertificateFile),
                     ("ClientKeyFile", target.ClientKeyFile), ("RootCertificateFile", target.RootCertificateFile),
                 })
        {
            if (file is not null && !File.Exists(file)) yield return $"{path}:{name}: the file does not exist or cannot be seen";
        }

        if (target.ApplicationName.Length is 0 or > 63) yield return $"{path}:ApplicationName: must have 1 to 63 characters";
    }

    private static IEnumerable<string> Roles(PostgresTarget target, string path)
    {
        if (target.AllowedGroups.Count == 0) yield return $"{path}:AllowedGroups: must list at least one group role";
        for (var i = 0; i < target.AllowedGroups.Count; i++)
        {
            if (PostgresNames.WhyNoGroup(target.AllowedGroups[i]) is { } why) yield return $"{path}:AllowedGroups:{i}: {why}";
        }

        if (PostgresNames.WhyNoGroup(target.ObjectOwner) is { } wrong) yield return $"{path}:ObjectOwner: {wrong}";
        if (target.AllowedGroups.Contains(target.Username, StringComparer.Ordinal))
            yield return $"{path}:AllowedGroups: must not hold the broker's own login";
    }

    private static IEnumerable<string> Limits(PostgresTarget target, string path)
    {
        if (target.ScramIterations is < 1 or > 1_000_000) yield return $"{path}:ScramIterations: must be from 1 to 1000000";
        else if (target.ScramIterations < ScramVerifier.UsualIterations && !target.AllowWeakScram)
            yield return $"{path}:ScramIterations: fewer than {ScramVerifier.UsualIterations} need AllowWeakScram; several drivers refuse them";
        if (target.MaxConnections is < 1 or > 100) yield return $"{path}:MaxConnections: must be from 1 to 100";
        if (target.EndingConnections is < 1 or > 100) yield return $"{path}:EndingConnections: must be from 1 to 100";
        if (target.MaxLeases is < 1 or > 100_000) yield return $"{path}:MaxLeases: must be from 1 to 100000";
        if (target.ConnectTimeout < TimeSpan.FromSeconds(1) || target.ConnectTimeout > TimeSpan.FromSeconds(30))
            yield return $"{path}:ConnectTimeout: must be from 1 to 30 seconds";
    }

    private static bool IsLocal(string host) =>
        host.StartsWith('/') || host == "localhost" || (IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address));
}
