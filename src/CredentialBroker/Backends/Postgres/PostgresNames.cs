using System.Text.RegularExpressions;

namespace CredentialBroker.Backends.Postgres;

/// <summary>
/// Names on their way into SQL text. PostgreSQL takes no parameters in <c>CREATE ROLE</c>, so what may be in a name is
/// decided here by an alphabet, and quoting is the second lock on the same door.
/// </summary>
internal static partial class PostgresNames
{
    public const int Longest = 63;

    /// <summary>The name of a lease's role; carries the broker's id, so that a broker touches only what it made.</summary>
    public static string RoleOf(string brokerId, string leaseId) => $"{PrefixOf(brokerId)}{leaseId}";

    public static string PrefixOf(string brokerId) => $"cb-{brokerId}-";

    public static bool IsLeaseRole(string brokerId, string role) => role.StartsWith(PrefixOf(brokerId), StringComparison.Ordinal) && LeaseRole().IsMatch(role);

    /// <summary>Null when the name may be a group that templates choose.</summary>
    public static string? WhyNoGroup(string name) =>
        !Plain().IsMatch(name) ? "must be a role name of 1 to 63 letters, digits, and _.-"
        : name.StartsWith("pg_", StringComparison.Ordinal) ? "must not be one of PostgreSQL's own roles (pg_*)"
        : name.StartsWith("cb-", StringComparison.Ordinal) ? "must not be a lease's role (cb-*)"
        : name is "public" or "none" ? "is reserved by PostgreSQL"
        : null;

    public static bool IsDatabase(string name) => name.Length is > 0 and <= Longest && !name.Any(char.IsControl);

    public static string Identifier(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    /// <summary>A literal under <c>standard_conforming_strings</c>, which the broker's sessions set.</summary>
    public static string Literal(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";

    [GeneratedRegex(@"^[A-Za-z_][A-Za-z0-9_.-]{0,62}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Plain();

    [GeneratedRegex(@"^cb-[0-9a-z]{6}-[0-9a-z]{26}\z", RegexOptions.CultureInvariant)]
    private static partial Regex LeaseRole();
}
