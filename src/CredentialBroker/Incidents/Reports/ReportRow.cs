using System.Data.Common;
using CredentialBroker.Leases;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Incidents;
using CredentialBroker.Storage;

namespace CredentialBroker.Incidents;

/// <summary>One lease of a revocation as the report counts it. Times are UTC milliseconds.</summary>
internal sealed record ReportRow(
    string Id, LeaseState State, string Template, string Target, Revocability Revocability, string Workload, long CreatedAt, long EndsAt, long? EndedAt, long DiesBy, string? Error, long? DeadAt, long? AliveAt)
{
    /// <summary>Leases that still stand come first: they are what somebody has to look at.</summary>
    public static Statement Of(string incident, Action<DbDataReader> row) => new($"{From("leases")} UNION ALL {From("ended_leases")} ORDER BY 2, 1") { Values = [("incident", incident)], Row = row };

    public static ReportRow Read(DbDataReader row) => new(
        row.GetString(0), (LeaseState)row.GetInt64(1), row.GetString(2), $"{row.GetString(3)}/{row.GetString(4)}", (Revocability)row.GetInt64(5), row.GetString(6), row.GetInt64(7), row.GetInt64(8),
        Number(row, 9), row.GetInt64(10), row.IsDBNull(11) ? null : row.GetString(11), Number(row, 12), Number(row, 13));

    public ReportLease View => new(
        Id, State.ToString().ToLowerInvariant(), Template, Target, Workload, At(CreatedAt), At(EndsAt), EndedAt is { } ended ? At(ended) : null, At(DiesBy), DeadAt is { } dead ? At(dead) : null,
        EndedAt is null ? Error : null);

    public static DateTimeOffset At(long ms) => DateTimeOffset.FromUnixTimeMilliseconds(ms);

    private static string From(string table) =>
        $"""
        SELECT l.id, l.state, l.template, l.backend, l.target, l.revocability, w.uri, l.created_at, l.ends_at, l.ended_at, l.dies_by, l.last_error, m.dead_at, m.alive_at
        FROM incident_leases i JOIN {table} l ON l.id = i.lease_id JOIN workloads w ON w.id = l.workload_id LEFT JOIN lease_marks m ON m.lease_id = l.id
        WHERE i.incident_id = @incident
        """;

    private static long? Number(DbDataReader row, int column) => row.IsDBNull(column) ? null : row.GetInt64(column);
}
