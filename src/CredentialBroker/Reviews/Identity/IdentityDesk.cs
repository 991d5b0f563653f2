using CredentialBroker.Audit;
using CredentialBroker.Controls;
using CredentialBroker.Leases;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Reviews;
using CredentialBroker.Protocol.Selectors;
using CredentialBroker.Runtime.Drift;
using CredentialBroker.Storage;
using CredentialBroker.Storage.Journaling;
using CredentialBroker.Templates;

namespace CredentialBroker.Reviews.Identity;

/// <summary>Audiences of tokens that are evidence for this broker and nothing else.</summary>
internal sealed record EvidenceAudiences(IReadOnlySet<string> All);

/// <summary>Where identities are reviewed, kept, and decided on by a person.</summary>
internal sealed class IdentityDesk(
    IdentityReviews reviews, TemplateStore templates, EvidenceAudiences audiences, ReviewOptions options, FindingStore findings, Journal journal, AuditChain chain, TimeProvider clock)
{
    private const int Rounds = 4;
    private const int LongestDetail = 1000;

    /// <summary>Reviews all identities in the documents; nothing is kept.</summary>
    public async Task<IReadOnlyList<IdentityReview>> LookAsync(Documents documents, string cluster, CancellationToken cancel)
    {
        var active = (await templates.ReadAsync(cancel)).All.Select(template => new MatchingTemplate(
            template.Name, uri => template.Workloads.Any(pattern => pattern.Matches(uri)), $"{Length(template.Ttl)} a credential, {Length(template.MaxTtl)} a lease, ended with its task")).ToList();
        return Reviewer.Review(documents, new Around(cluster, audiences.All, active, clock.GetUtcNow(), options.MostNamespaces));
    }

    /// <summary>
    /// Keeps what was seen. An identity that is another than before leaves no accepted review standing, and its leases are judged again
    /// (R59); what a person should look at becomes findings.
    /// </summary>
    public async Task<KeptReview> KeepAsync(IdentityReview review, string by, CancellationToken cancel)
    {
        for (var round = 1; ; round++)
        {
            var before = await reviews.CurrentAsync(review.Workload, cancel);
            var seen = new KeptReview(View(review) with { Id = Ids.New(clock), ReviewedBy = by, ReviewedAt = DateTimeOffset.FromUnixTimeMilliseconds(clock.NowMs()), Changes = Changes(before, review) }, review.Facts);
            List<Work> works = [.. IdentityReviews.See(seen, before), Told("identity.reviewed", review.Workload, by, review.Result, review.Fingerprint)];
            if (seen.View.Changes is { } changes)
            {
                works.Add(Told("identity.drift", review.Workload, by, before!.View.State, Short(string.Join("; ", changes))));
                if (before.View.State == IdentityReviewView.Accepted) works.AddRange(JudgeAgain(review.Workload));
            }

            if (await journal.CommitAsync(Lane.Control, works) is { } late)
            {
                if (round < Rounds) continue;
                throw new InvalidOperationException($"the identity of {review.Workload} was seen otherwise {Rounds} times: {late.Detail}");
            }

            await findings.RecordAsync($"workload/{review.Workload}", [.. review.Findings.Select(one => new Finding(one.Kind, Short(one.Detail)))], cancel);
            return (await reviews.CurrentAsync(review.Workload, cancel))!;
        }
    }

    public async Task<(KeptReview? Review, Refusal? Refusal)> DecideAsync(KeptReview review, IdentityDecision decision, string by, CancellationToken cancel)
    {
        List<Work> works =
        [
            .. IdentityReviews.Decide(review, decision.Accept, by, decision.Note, clock.NowMs()),
            Told(decision.Accept ? "identity.accepted" : "identity.refused", review.View.Workload, by, review.View.Result, $"{review.View.Fingerprint}: {decision.Note}"),
        ];
        if (!decision.Accept) works.Add(Mark(review.View.Workload));
        return await journal.CommitAsync(Lane.Control, works) is { } refusal ? (null, refusal) : (await reviews.FindAsync(review.View.Id!, cancel), null);
    }

    public static IdentityReviewView View(IdentityReview review) => new(review.Workload, review.Fingerprint, review.Result, review.Runs, review.Checks);

    private IEnumerable<Work> JudgeAgain(string workload) => [new EpochBump(), Mark(workload)];

    private Work Mark(string workload) => Rechecks.Mark(new Selector([new Term("workload", Comparison.Is, [workload], 0)]), "identity.drift", clock.NowMs());

    /// <summary>Null when it is what it was, or was never seen.</summary>
    private static IReadOnlyList<string>? Changes(KeptReview? before, IdentityReview review) => before is null || before.View.Fingerprint == review.Fingerprint
        ? null
        : [.. review.Facts.Except(before.Facts, StringComparer.Ordinal).Select(fact => $"new: {fact}"), .. before.Facts.Except(review.Facts, StringComparer.Ordinal).Select(fact => $"gone: {fact}")];

    private static string Length(long ms) => Durations.Format(TimeSpan.FromMilliseconds(ms));

    private static string Short(string text) => text.Length <= LongestDetail ? text : $"{text[..LongestDetail]}…";

    private Work Told(string type, string workload, string by, string? cause, string detail) => (AuditEvent.Of(clock, type, Streams.Control) with
    {
        Actor = by, Subject = workload, Cause = cause, Detail = detail,
    }).On(chain);
}
