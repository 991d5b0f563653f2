using System.Globalization;

namespace CredentialBroker.Backends.Postgres;

/// <summary>
/// The statements that make and extend a lease's role. Each is one statement that first asks the target's own clock: a
/// network may deliver it long after everybody gave up on it, and then it must make nothing.
/// </summary>
internal static class MintStatement
{
    /// <summary>Marks the broker's own operations on a role in <c>pg_stat_activity</c>, so that ending can find them.</summary>
    public static string MarkOf(string role) => $"-- operation on {role}";

    /// <summary>The target's time in UTC milliseconds.</summary>
    public const string Now = "floor(extract(epoch FROM clock_timestamp()) * 1000)::int8";

    /// <summary>Makes the role. What else has to hold was looked at a moment ago (<see cref="RoleLook"/>).</summary>
    /// <param name="deadline">By the target's clock.</param>
    /// <param name="validUntil">By the target's clock.</param>
    public static string Mint(string role, PostgresGrant grant, string verifier, DateTimeOffset deadline, DateTimeOffset validUntil)
    {
        var id = PostgresNames.Identifier(role);
        // The verifier's alphabet is base64, $ and :, and its parts are too long to spell the quoting tag.
        return string.Create(CultureInfo.InvariantCulture, $"""
            {MarkOf(role)}
            DO $cb$
            BEGIN
              {RefuseLate(deadline)}
              CREATE ROLE {id} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS INHERIT
                CONNECTION LIMIT {grant.ConnectionLimit} VALID UNTIL '{Time(validUntil)}' PASSWORD '{verifier}'
                IN ROLE {string.Join(", ", grant.Groups.Select(PostgresNames.Identifier))};
              -- Without it the broker, who is no superuser, could not cut sessions or hand over what the lease created.
              GRANT {id} TO CURRENT_USER;
            END $cb$
            """);
    }

    /// <summary>The same operation once more, its answer lost: the new password replaces the old one.</summary>
    /// <inheritdoc cref="Mint"/>
    public static string Again(string role, PostgresGrant grant, string verifier, DateTimeOffset deadline, DateTimeOffset validUntil)
    {
        var groups = string.Join(", ", grant.Groups.Select(PostgresNames.Literal));
        return string.Create(CultureInfo.InvariantCulture, $"""
            {MarkOf(role)}
            DO $cb$
            BEGIN
              {RefuseLate(deadline)}
              {RefuseOver(role)}
              IF (SELECT count(*) FILTER (WHERE g.rolname IN ({groups})) <> {grant.Groups.Count} OR count(*) <> {grant.Groups.Count}
                  FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid JOIN pg_roles r ON r.oid = m.member WHERE r.rolname = '{role}')
              THEN RAISE EXCEPTION 'differs' USING ERRCODE = '{PostgresErrors.Differs}'; END IF;
              ALTER ROLE {PostgresNames.Identifier(role)} CONNECTION LIMIT {grant.ConnectionLimit} VALID UNTIL '{Time(validUntil)}' PASSWORD '{verifier}';
            END $cb$
            """);
    }

    public static string Extend(string role, DateTimeOffset deadline, DateTimeOffset validUntil) => $"""
        {MarkOf(role)}
        DO $cb$
        BEGIN
          {RefuseLate(deadline)}
          {RefuseOver(role)}
          ALTER ROLE {PostgresNames.Identifier(role)} VALID UNTIL '{Time(validUntil)}';
        END $cb$
        """;

    /// <summary>Roles among these, and all they are members of, that carry more than privileges on objects.</summary>
    /// <param name="groups">A condition that their names meet, such as <c>= 'orders_reader'</c>.</param>
    public static string PowerfulAmong(string groups) => $"""
        WITH RECURSIVE held(id) AS (
          SELECT oid FROM pg_roles WHERE rolname {groups}
          UNION SELECT m.roleid FROM pg_auth_members m JOIN held ON m.member = held.id)
        SELECT r.rolname::text FROM pg_roles r JOIN held ON r.oid = held.id
        WHERE r.rolsuper OR r.rolcreaterole OR r.rolcreatedb OR r.rolreplication OR r.rolbypassrls
           OR starts_with(r.rolname, 'pg_') OR starts_with(r.rolname, 'cb-')
        """;

    private static string RefuseLate(DateTimeOffset deadline) =>
        $"IF clock_timestamp() > TIMESTAMPTZ '{Time(deadline)}' THEN RAISE EXCEPTION 'late' USING ERRCODE = '{PostgresErrors.Late}'; END IF;";

    private static string RefuseOver(string role) =>
        $"IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = '{role}' AND rolcanlogin) THEN RAISE EXCEPTION 'over' USING ERRCODE = '{PostgresErrors.Over}'; END IF;";

    private static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss.fff'+00'", CultureInfo.InvariantCulture);
}
