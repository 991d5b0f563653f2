using System.Data.Common;
using CredentialBroker.Protocol;
using CredentialBroker.Storage;

namespace CredentialBroker.Leases;

/// <summary>The one place that knows how a lease lies in a row; both lease tables have these columns.</summary>
internal static class LeaseColumns
{
    private static readonly (string Name, ColumnType Type)[] All =
    [
        ("id", ColumnType.Text), ("state", ColumnType.Number), ("template", ColumnType.Text), ("template_revision", ColumnType.Text),
        ("backend", ColumnType.Text), ("target", ColumnType.Text), ("environment", ColumnType.Text), ("workload_id", ColumnType.Text),
        ("task", ColumnType.Text), ("approval_id", ColumnType.Text), ("decision_id", ColumnType.Text), ("created_at", ColumnType.Number),
        ("ends_at", ColumnType.Number), ("ends_because", ColumnType.Text), ("max_ends_at", ColumnType.Number), ("dies_by", ColumnType.Number),
        ("handle", ColumnType.Text), ("fingerprint", ColumnType.Text), ("revocability", ColumnType.Number), ("op_id", ColumnType.Text),
        ("op_settles_at", ColumnType.Number), ("due_at", ColumnType.Number), ("claim_owner", ColumnType.Text), ("attempts", ColumnType.Number),
        ("last_error", ColumnType.Text), ("cause", ColumnType.Text), ("ended_at", ColumnType.Number),
        ("key_id", ColumnType.Text), ("agents", ColumnType.Text),
    ];

    /// <summary>Columns that a move may change.</summary>
    private static readonly string[] Mutable =
    [
        "state", "ends_at", "ends_because", "dies_by", "handle", "fingerprint", "op_id", "op_settles_at", "due_at", "claim_owner", "attempts",
        "last_error", "cause", "ended_at", "decision_id",
    ];

    public static RowShape Shape { get; } = new("r", All);

    public static string List { get; } = string.Join(", ", All.Select(c => c.Name));

    public static string Of(string alias) => string.Join(", ", All.Select(c => $"{alias}.{c.Name}"));

    public static string Assignments { get; } = string.Join(", ", Mutable.Select(name => $"{name} = r.{name}"));

    public static object?[] Values(Lease lease) =>
    [
        lease.Id, (long)lease.State, lease.Template, lease.TemplateRevision, lease.Backend, lease.Target, lease.Environment, lease.WorkloadId,
        lease.Task, lease.ApprovalId, lease.DecisionId, lease.CreatedAt, lease.EndsAt, lease.EndsBecause, lease.MaxEndsAt, lease.DiesBy,
        lease.Handle, lease.Fingerprint, (long)lease.Revocability, lease.OpId, lease.OpSettlesAt, lease.DueAt, lease.ClaimOwner,
        (long)lease.Attempts, lease.LastError, lease.Cause, lease.EndedAt,
        lease.KeyId, lease.Agents.Count == 0 ? null : JsonLists.Write(lease.Agents),
    ];

    public static Lease Read(DbDataReader row) => new()
    {
        Id = row.GetString(0),
        State = (LeaseState)row.GetInt64(1),
        Template = row.GetString(2),
        TemplateRevision = row.GetString(3),
        Backend = row.GetString(4),
        Target = row.GetString(5),
        Environment = row.GetString(6),
        WorkloadId = row.GetString(7),
        Task = row.GetString(8),
        ApprovalId = row.GetString(9),
        DecisionId = row.GetString(10),
        CreatedAt = row.GetInt64(11),
        EndsAt = row.GetInt64(12),
        EndsBecause = row.GetString(13),
        MaxEndsAt = row.GetInt64(14),
        DiesBy = row.GetInt64(15),
        Handle = row.GetString(16),
        Fingerprint = Text(row, 17),
        Revocability = (Revocability)row.GetInt64(18),
        OpId = Text(row, 19),
        OpSettlesAt = Number(row, 20),
        DueAt = Number(row, 21),
        ClaimOwner = Text(row, 22),
        Attempts = (int)row.GetInt64(23),
        LastError = Text(row, 24),
        Cause = Text(row, 25),
        EndedAt = Number(row, 26),
        KeyId = Text(row, 27),
        Agents = JsonLists.Read(Text(row, 28)),
    };

    private static string? Text(DbDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);

    private static long? Number(DbDataReader row, int column) => row.IsDBNull(column) ? null : row.GetInt64(column);
}
