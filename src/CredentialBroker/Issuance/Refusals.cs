using System.Collections.Concurrent;
using CredentialBroker.Attestation;
using CredentialBroker.Audit;
using CredentialBroker.Policy;
using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Issuance;

/// <summary>
/// Denials are cheap: one record each where somebody was proven to ask, and one count per code and interval where not,
/// so that garbage cannot fill the audit.
/// </summary>
internal sealed class Refusals(Journal journal, AuditChain chain, BrokerMetrics metrics, TimeProvider clock)
{
    private readonly ConcurrentDictionary<string, long> _unproven = new(StringComparer.Ordinal);

    /// <param name="besides">What is written with the refusal.</param>
    /// <returns>The refusal, or the one that the store gave instead of writing it.</returns>
    public async Task<IssueResult> RecordAsync(DecisionRecord record, Decision.Refused refused, params IReadOnlyList<Work> besides)
    {
        if (await journal.CommitAsync(Lane.Issuing, [record.Refused(refused.Code, refused.Clause), .. besides]) is { } other)
        {
            refused = new Decision.Refused(other.Code, "commit", other.Detail);
            await journal.CommitAsync(Lane.Issuing, record.Refused(refused.Code, refused.Clause));
        }

        metrics.Decided(record.Operation, refused.Code);
        return new IssueResult.Refused(refused.Code, refused.Detail, refused.Clause, record.Id);
    }

    public IssueResult Unproven(string operation, Attested.Refused refused)
    {
        metrics.Decided(operation, refused.Code);
        _unproven.AddOrUpdate(refused.Code, 1, static (_, count) => count + 1);
        return new IssueResult.Refused(refused.Code, refused.Detail, "attestation", null);
    }

    /// <summary>Writes the counts since the last time, one record per code.</summary>
    public async Task FlushAsync()
    {
        foreach (var code in _unproven.Keys)
        {
            if (!_unproven.TryRemove(code, out var count)) continue;
            try
            {
                await journal.CommitAsync(Lane.Issuing, (AuditEvent.Of(clock, "attestation.failed", Streams.Issuance) with { Cause = code, Count = count }).On(chain));
            }
            catch
            {
                // Told the next time: what was counted is not lost with a store that is gone for a while.
                _unproven.AddOrUpdate(code, count, (_, since) => since + count);
                throw;
            }
        }
    }
}
