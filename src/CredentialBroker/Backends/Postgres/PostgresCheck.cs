using CredentialBroker.Protocol;
using Npgsql;

namespace CredentialBroker.Backends.Postgres;

/// <summary>Looks at a target as it is now: whether the broker's login can make and end roles there, and no more.</summary>
internal sealed class PostgresCheck(PostgresConnections connections)
{
    private const int AdminOptionNeeded = 160000;

    public async ValueTask<IReadOnlyList<string>> RunAsync(string name, CancellationToken cancel)
    {
        var target = connections.Of(name);
        var problems = new List<string>();
        try
        {
            await using var home = await connections.OpenEndingAsync(name, target.Database, cancel);
            await LoginAsync(home, target, problems, cancel);
            foreach (var group in target.AllowedGroups) await GroupAsync(home, group, problems, cancel);
        }
        catch (Exception e) when (e is NpgsqlException or IOException or UnauthorizedAccessException)
        {
            problems.Add(PostgresErrors.Translate(e, ReasonCodes.TargetUnavailable, $"looking at database {target.Database}").Detail);
            return problems;
        }

        foreach (var database in target.AllDatabases.Where(database => database != target.Database))
        {
            try
            {
                await using var there = await connections.OpenEndingAsync(name, database, cancel);
            }
            catch (NpgsqlException e)
            {
                problems.Add(PostgresErrors.Translate(e, ReasonCodes.TargetUnavailable, $"connecting to database {database}").Detail);
            }
        }

        return problems;
    }

    private static async ValueTask LoginAsync(NpgsqlConnection home, PostgresTarget target, List<string> problems, CancellationToken cancel)
    {
        if (await TrueAsync(home, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user", cancel))
            problems.Add("the broker's login is a superuser; it must not be");
        if (!await TrueAsync(home, "SELECT rolcreaterole FROM pg_roles WHERE rolname = current_user", cancel))
            problems.Add("the broker's login lacks CREATEROLE");
        if (!await TrueAsync(home, "SELECT rolinherit FROM pg_roles WHERE rolname = current_user", cancel))
            problems.Add("the broker's login is NOINHERIT, so it could not cut sessions of leases");
        var owner = PostgresNames.Literal(target.ObjectOwner);
        if (!await TrueAsync(home, $"SELECT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = {owner})", cancel))
            problems.Add($"the object owner {target.ObjectOwner} does not exist");
        else if (!await TrueAsync(home, $"SELECT pg_has_role({owner}, 'USAGE')", cancel))
            problems.Add($"the broker's login is not a member of the object owner {target.ObjectOwner}");
    }

    private static async ValueTask GroupAsync(NpgsqlConnection home, string group, List<string> problems, CancellationToken cancel)
    {
        var literal = PostgresNames.Literal(group);
        if (!await TrueAsync(home, $"SELECT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = {literal})", cancel))
        {
            problems.Add($"the group {group} does not exist");
            return;
        }

        if (await TrueAsync(home, $"SELECT EXISTS ({MintStatement.PowerfulAmong($"= {literal}")})", cancel))
            problems.Add($"the group {group} is, or is a member of, a role with more than privileges on objects (superuser, CREATEROLE, CREATEDB, REPLICATION, BYPASSRLS, pg_*)");
        // Up to version 15 CREATEROLE alone may grant any group.
        if (home.PostgreSqlVersion.Major * 10000 >= AdminOptionNeeded
            && !await TrueAsync(home, $"SELECT pg_has_role({literal}, 'MEMBER WITH ADMIN OPTION')", cancel))
            problems.Add($"the broker's login has no ADMIN OPTION on the group {group}");
    }

    private static async ValueTask<bool> TrueAsync(NpgsqlConnection home, string sql, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(sql, home);
        return await command.ExecuteScalarAsync(cancel) is true;
    }
}
