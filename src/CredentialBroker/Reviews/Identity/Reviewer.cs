using CredentialBroker.Runtime.Drift;

namespace CredentialBroker.Reviews.Identity;

/// <summary>
/// Reviews the effective identities in documents of a cluster (R54–R58): who it is at run time, what was put in, what it inherits, and
/// whether all that is bounded. Pure: the same documents give the same review.
/// </summary>
internal static class Reviewer
{
    /// <summary>One review for each service account under which something runs, in the order of their names.</summary>
    public static IReadOnlyList<IdentityReview> Review(Documents documents, Around around) =>
    [
        .. documents.All.Where(one => one.Pod.Exists)
            .GroupBy(one => (one.Namespace, Account: one.Pod["spec"]["serviceAccountName"].Name ?? one.Pod["spec"]["serviceAccount"].Name ?? "default"))
            .OrderBy(group => group.Key.Namespace, StringComparer.Ordinal).ThenBy(group => group.Key.Account, StringComparer.Ordinal)
            .Select(group => Review(new Subject(group.Key.Namespace, group.Key.Account, around, documents, [.. group]))),
    ];

    private static IdentityReview Review(Subject subject)
    {
        var (identity, injected, inherited, bounded) = (new Notes("identity"), new Notes("injected"), new Notes("inherited"), new Notes("bounded"));
        var held = new Held();
        RuntimeIdentity.Look(subject, identity, held);
        Injected.Look(subject, injected, held);
        var spread = Inherited.Look(subject, inherited);
        Bounded.Look(subject, bounded, held);
        var sidecars = Sidecars.Look(subject);
        foreach (var wrong in sidecars) bounded.Fail(wrong);
        Notes[] all = [identity, injected, inherited, bounded];
        List<string> facts = [$"workload {subject.Workload}", .. all.SelectMany(notes => notes.Facts)];
        List<(string, string)> findings =
        [
            .. all.SelectMany(notes => notes.Failures).Except(sidecars, StringComparer.Ordinal).Distinct(StringComparer.Ordinal).Select(why => (FindingKinds.Identity, why)),
            .. sidecars.Select(why => (FindingKinds.Sidecar, why)),
        ];
        if (spread.Count > subject.Around.MostNamespaces) findings.Add((FindingKinds.WideServiceAccount, $"it is bound in {(spread.Contains("") ? "every namespace" : $"{spread.Count} namespaces: {string.Join(", ", spread.Take(20))}")}"));
        return new IdentityReview(subject.Workload, IdentityReview.FingerprintOf(facts), [.. subject.Runs.Select(run => run.Title).Order(StringComparer.Ordinal)], [.. all.Select(notes => notes.View())], facts, findings);
    }
}

/// <summary>What the checks tell each other: credentials that are no leases, and evidence by which leases are claimed.</summary>
internal sealed class Held
{
    public SortedSet<string> NotLeased { get; } = new(StringComparer.Ordinal);

    public bool HasEvidence { get; set; }
}
