using CredentialBroker.Audit;
using CredentialBroker.Leases;
using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Issuance;

/// <summary>Issuing and the secret's one departure are two records in two streams, joined by the lease (R29).</summary>
internal static class IssueEvents
{
    public static IReadOnlyList<Work> Issued(TimeProvider clock, AuditChain chain, Lease lease) =>
        [About(clock, "credential.issued", Streams.Issuance, lease).On(chain), About(clock, "secret.accessed", Streams.Access, lease).On(chain)];

    /// <summary>Of a credential that stays with the broker.</summary>
    public static Work Kept(TimeProvider clock, AuditChain chain, Lease lease) => About(clock, "credential.issued", Streams.Issuance, lease).On(chain);

    /// <param name="handedOut">Whether a new secret leaves with the renewal.</param>
    public static IReadOnlyList<Work> Renewed(TimeProvider clock, AuditChain chain, Lease lease, bool handedOut) => handedOut
        ? [About(clock, "credential.renewed", Streams.Issuance, lease).On(chain), About(clock, "secret.accessed", Streams.Access, lease).On(chain)]
        : [About(clock, "credential.renewed", Streams.Issuance, lease).On(chain)];

    private static AuditEvent About(TimeProvider clock, string type, string stream, Lease lease) => AuditEvent.Of(clock, type, stream) with
    {
        Lease = lease.Id,
        Task = lease.Task,
        Approval = lease.ApprovalId,
        Template = lease.Template,
        Environment = lease.Environment,
        Subject = lease.WorkloadId,
        Credential = new CredentialBlock(lease.Backend, lease.Target, lease.Fingerprint, lease.CreatedAt, lease.EndsAt, lease.DiesBy),
    };
}
