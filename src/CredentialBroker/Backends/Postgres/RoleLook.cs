using Npgsql;
using NpgsqlTypes;

namespace CredentialBroker.Backends.Postgres;

/// <summary>
/// What the target says before a role is made: its time, and whether one may be made. One text for every lease, so that
/// it is planned once for a connection; within the statement that makes the role it would be planned each time.
/// </summary>
/// <param name="Clock">The target's own time, UTC milliseconds.</param>
/// <param name="GroupsFit">Every group exists, and none carries more than privileges on objects.</param>
/// <param name="Exists">The role is there: the same operation once more.</param>
/// <param name="Leases">Lease roles of this broker.</param>
internal sealed record RoleLook(long Clock, bool GroupsFit, bool Exists, long Leases)
{
    // Names are compared as the catalogue's own type, so that its indexes serve; of what begins with a prefix, those
    // before the next possible one.
    private static readonly string Sql = $"""
        SELECT {MintStatement.Now},
          (SELECT count(*) FROM pg_roles WHERE rolname = ANY ($1)) = cardinality($1) AND NOT EXISTS ({MintStatement.PowerfulAmong("= ANY ($1)")}),
          EXISTS (SELECT 1 FROM pg_roles WHERE rolname = $2),
          (SELECT count(*) FROM pg_roles WHERE rolname >= $3 AND rolname < $4)
        """;

    public static async ValueTask<RoleLook> AtAsync(NpgsqlConnection home, string role, string prefix, IReadOnlyList<string> groups, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(Sql, home)
        {
            Parameters =
            {
                new() { Value = groups.ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Name }, Name(role),
                Name(prefix), Name(string.Concat(prefix.AsSpan(0, prefix.Length - 1), [(char)(prefix[^1] + 1)])),
            },
        };
        await using var row = await command.ExecuteReaderAsync(cancel);
        await row.ReadAsync(cancel);
        return new RoleLook(row.GetInt64(0), row.GetBoolean(1), row.GetBoolean(2), row.GetInt64(3));
    }

    private static NpgsqlParameter Name(string name) => new() { Value = name, NpgsqlDbType = NpgsqlDbType.Name };
}
