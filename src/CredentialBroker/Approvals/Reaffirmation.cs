using CredentialBroker.Approvals.Moves;
using CredentialBroker.Storage;
using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Approvals;

/// <summary>
/// Approvals of long-running services, where their source allows it: near its end, an approval whose instance is seen to
/// be alive and still allowed is extended by one more validity, up to a number of days after it was received.
/// </summary>
internal sealed class Reaffirmation(IReadOnlyDictionary<string, ApprovalSource> sources, ApprovalStore approvals, ApprovalRecords records, TimeProvider clock)
{
    private const int Page = 100;

    /// <summary>Approvals that are in the last quarter of their source's validity, and have days left.</summary>
    public async Task<IReadOnlyList<Approval>> DueAsync(CancellationToken cancel)
    {
        var now = clock.NowMs();
        var due = new List<Approval>();
        foreach (var source in sources.Values.Where(s => s.Options.ReaffirmDays > 0))
        {
            var near = (await approvals.ListEndingAsync(source.Name, now, now + (Validity(source) / 4), Page, cancel)).Where(a => Until(source, a, now) > a.ValidUntil);
            due.AddRange(near);
        }

        return due;
    }

    /// <summary>The extension and its record, to be committed together.</summary>
    /// <param name="evidence">What was looked at again, and how it stands; in the record.</param>
    public IReadOnlyList<Work> Works(Approval approval, string evidence)
    {
        var source = sources[approval.Source];
        var now = clock.NowMs();
        var until = Until(source, approval, now);
        return
        [
            new ApprovalReaffirm(approval.Id, approval.ValidUntil, now),
            new PlainWrite("UPDATE approvals SET valid_until = @until WHERE id = @id AND state = @bound AND valid_until = @was",
                ("until", until), ("id", approval.Id), ("bound", (long)ApprovalState.Bound), ("was", approval.ValidUntil)),
            records.Reaffirmed(source, approval, $"{evidence}; valid until {DateTimeOffset.FromUnixTimeMilliseconds(until):yyyy-MM-dd'T'HH:mm:ss'Z'}"),
        ];
    }

    private static long Until(ApprovalSource source, Approval approval, long now) =>
        Math.Min(now + Validity(source), approval.ReceivedAt + (long)TimeSpan.FromDays(source.Options.ReaffirmDays).TotalMilliseconds);

    private static long Validity(ApprovalSource source) => (long)source.Options.MaxValidity.TotalMilliseconds;
}
