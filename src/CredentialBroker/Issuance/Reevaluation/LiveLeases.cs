using System.Data.Common;
using System.Text.Json;
using CredentialBroker.Approvals;
using CredentialBroker.Attestation;
using CredentialBroker.Leases;
using CredentialBroker.Protocol.Selectors;
using CredentialBroker.Storage;

namespace CredentialBroker.Issuance.Reevaluation;

/// <summary>An active lease with what it was granted on, as that is on record now.</summary>
internal sealed record LiveLease(Lease Lease, Workload Workload, Approval Approval);

/// <summary>Active leases with their instance and approval, a page in one query. What is in quarantine is judged by its own job.</summary>
internal sealed class LiveLeases(Store store)
{
    private const string OfWorkload = "w.source, w.kind, w.uri, w.subject, w.instance, w.strength, w.attributes, w.issuer";

    private static readonly int Workload = LeaseColumns.Shape.Columns.Length;
    private static readonly int Approval = Workload + 10;

    /// <param name="within">Selectors of which one must match as well; null for no such bound.</param>
    /// <param name="after">Id to go on after; empty from the beginning.</param>
    public Task<List<LiveLease>> PageAsync(Selector selector, IReadOnlyList<Selector>? within, string after, int count, long now, CancellationToken cancel)
    {
        var sql = new SelectorSql(selector, within);
        return store.ListAsync(Pool.Control, new Statement(
            $"""
            SELECT {LeaseColumns.Of("l")}, {OfWorkload}, m.exception_id, u.instance, {ApprovalRows.ColumnsOf("a")}
            FROM leases l JOIN workloads w ON w.id = l.workload_id JOIN approvals a ON a.id = l.approval_id
            LEFT JOIN approval_uses u ON u.approval_id = a.id AND u.instance = w.instance
            LEFT JOIN lease_marks m ON m.lease_id = l.id LEFT JOIN template_revisions v ON v.revision = l.template_revision
            WHERE l.id > @after AND l.state = {(int)LeaseState.Active} AND l.ends_at > @now
                AND NOT EXISTS (SELECT 1 FROM undecided_claims q WHERE q.lease_id = l.id) AND {sql.Where}
            ORDER BY l.id LIMIT @count
            """)
        {
            Values = [("after", after), ("now", now), ("count", count), .. sql.Values],
        }, Read, cancel);
    }

    private static LiveLease Read(DbDataReader row)
    {
        var lease = LeaseColumns.Read(row) with { Exception = row.IsDBNull(Workload + 8) ? null : row.GetString(Workload + 8) };
        return new LiveLease(
            lease,
            new Workload(
                row.GetString(Workload), row.GetString(Workload + 1), row.GetString(Workload + 2), row.GetString(Workload + 3), row.GetString(Workload + 4), (int)row.GetInt64(Workload + 5),
                JsonSerializer.Deserialize<Dictionary<string, string>>(row.GetString(Workload + 6))!, lease.Agents, "on record", 0)
            {
                Issuer = row.IsDBNull(Workload + 7) ? null : row.GetString(Workload + 7), KeyId = lease.KeyId,
            },
            ApprovalRows.Read(row, Approval) with { BoundToCaller = !row.IsDBNull(Workload + 9) });
    }
}
