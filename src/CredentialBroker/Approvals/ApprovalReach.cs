using CredentialBroker.Hosting;

namespace CredentialBroker.Approvals;

/// <summary>Approvals within what an operator reaches.</summary>
internal static class ApprovalReach
{
    private const int Page = 500;
    private const int MostPages = 20;

    /// <summary>
    /// All of its templates have to be covered. Its <c>source</c> is no dimension: selectors mean the workload's trust source
    /// by that word. What an approval does not say of the workload is unknown, not absent.
    /// </summary>
    public static bool Covers(OperatorScope scope, Approval approval) => approval.Templates.All(template => scope.CoversKnown(dimension => dimension switch
    {
        "template" => template,
        "environment" => approval.Environment,
        "task" => approval.Task,
        "approval" => approval.Id,
        "workload" => approval.WorkloadUri,
        "instance" => approval.Instance,
        _ => null,
    }));

    /// <summary>The newest that are covered. Behind 10,000 that are not, none is looked for.</summary>
    public static async Task<List<Approval>> ListAsync(ApprovalStore approvals, OperatorScope scope, int count, CancellationToken cancel)
    {
        if (!scope.IsNarrow) return await approvals.ListAsync(new ApprovalQuery(Limit: count), cancel);
        var found = new List<Approval>();
        string? before = null;
        for (var page = 0; page < MostPages && found.Count < count; page++)
        {
            var next = await approvals.ListAsync(new ApprovalQuery(Before: before, Limit: Page), cancel);
            found.AddRange(next.Where(approval => Covers(scope, approval)));
            if (next.Count < Page) break;
            before = next[^1].Id;
        }

        return found[..Math.Min(found.Count, Math.Max(count, 1))];
    }
}
