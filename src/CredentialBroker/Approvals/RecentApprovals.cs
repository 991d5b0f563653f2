using Microsoft.Extensions.Caching.Memory;

namespace CredentialBroker.Approvals;

/// <summary>
/// Approvals under which instances were granted something a moment ago, so that an instance that comes again is judged
/// without a look at the store. What is remembered only proposes: the commit reads the approval anew, under lock, and an
/// approval that changed meanwhile is forgotten and looked up.
/// </summary>
internal sealed class RecentApprovals : IDisposable
{
    private const int Most = 10_000;
    private static readonly TimeSpan Kept = TimeSpan.FromMinutes(10);

    private readonly MemoryCache _recent = new(new MemoryCacheOptions { SizeLimit = Most });

    /// <param name="workload">Row id of the instance, in which its source counts: names from two sources may be alike.</param>
    public Approval? Find(string workload, string template) => _recent.Get<Approval>(new Key(workload, template));

    public void Keep(string workload, string template, Approval approval) => _recent.Set(
        new Key(workload, template), approval, new MemoryCacheEntryOptions { Size = 1, AbsoluteExpirationRelativeToNow = Kept });

    public void Forget(string workload, string template) => _recent.Remove(new Key(workload, template));

    public void Dispose() => _recent.Dispose();

    private sealed record Key(string Workload, string Template);
}
