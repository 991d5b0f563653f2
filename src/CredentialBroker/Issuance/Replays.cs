using System.Security.Cryptography;
using System.Text;
using CredentialBroker.Attestation;
using CredentialBroker.Leases;
using CredentialBroker.Protocol;
using CredentialBroker.Storage;

namespace CredentialBroker.Issuance;

/// <summary>Answers a claim whose idempotency key was granted before, without a second credential.</summary>
internal sealed class Replays(LeaseStore leases)
{
    /// <summary>Keys are scoped to the instance: nobody else's key can be taken or probed.</summary>
    public static string KeyOf(Workload workload, string idempotencyKey) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{workload.Id}\n{idempotencyKey}")));

    public static LeaseOfWorkload Of(Lease lease, Workload workload) => new(lease, workload.Source, workload.Uri, workload.Subject, workload.Instance);

    /// <summary>Null when the key is new.</summary>
    public async Task<IssueResult?> FindAsync(string key, string bodyHash, CancellationToken cancel)
    {
        if (await leases.FindClaimAsync(key, cancel) is not var (leaseId, storedHash)) return null;
        if (storedHash != bodyHash)
        {
            return new IssueResult.Refused(ReasonCodes.IdempotencyMismatch, "this idempotency key was used with another request body", null, null);
        }

        var lease = await leases.FindAsync(Pool.Issuing, leaseId, cancel)
            ?? throw new InvalidOperationException("an idempotency key names a lease that is not there");
        return lease.Lease.State == LeaseState.Pending
            ? new IssueResult.Refused(ReasonCodes.ClaimInProgress, "a claim with this idempotency key is being worked on", null, null)
            : new IssueResult.Replayed(lease);
    }
}
