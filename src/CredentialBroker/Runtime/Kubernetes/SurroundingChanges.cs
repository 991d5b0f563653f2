using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using CredentialBroker.Backends.Wires;
using CredentialBroker.Clusters;
using CredentialBroker.Leases;
using CredentialBroker.Runtime.Drift;
using CredentialBroker.Storage;
using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Runtime.Kubernetes;

/// <summary>What of an object is remembered, so that a change of it is one.</summary>
/// <param name="Uid">Another object of the same name has another.</param>
/// <param name="Print">Of what counts about it.</param>
/// <param name="About">Columns and values of the instances that it concerns, such as <c>uri</c> and <c>k8s://…</c>.</param>
internal sealed record Remembered(string Uid, string Print, IReadOnlyList<(string Column, string Value)> About)
{
    public static string PrintOf(params IEnumerable<string?> parts) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', parts))));
}

/// <summary>
/// What surrounds pods and changes what a credential in their hands is worth: accounts, role bindings, namespaces. The first
/// list is how things stand; every later difference is a change, also one that is found by listing anew.
/// </summary>
/// <param name="read">What is remembered of an object.</param>
/// <param name="ruleOf">What a change means: the rule, given what was and what is (null where it is gone).</param>
internal sealed class SurroundingChanges(
    ResourceKind kind, WatchedCluster cluster, Func<JsonElement, Remembered?> read, Func<Remembered, Remembered?, string> ruleOf, LeaseStore leases, FindingStore findings, Journal journal, DueSignal due, TimeProvider clock)
    : IClusterChanges
{
    private readonly Dictionary<string, Remembered> _known = new(StringComparer.Ordinal);
    private readonly HashSet<string> _listed = new(StringComparer.Ordinal);
    private bool _stands;

    public ResourceKind Kind => kind;

    public Task BeginAsync(CancellationToken cancel)
    {
        _listed.Clear();
        return Task.CompletedTask;
    }

    public async Task ListedAsync(IReadOnlyList<JsonElement> page, CancellationToken cancel)
    {
        foreach (var one in page)
        {
            _listed.Add(NameOf(one));
            await SeeAsync(one, cancel);
        }
    }

    public async Task CompleteAsync(CancellationToken cancel)
    {
        _stands = true;
        foreach (var gone in _known.Keys.Where(name => !_listed.Contains(name)).ToList()) await GoneAsync(gone, cancel);
    }

    public async Task ChangedAsync(IReadOnlyList<WatchEvent> changes, CancellationToken cancel)
    {
        foreach (var change in changes)
        {
            if (change.Kind == ChangeKind.Deleted) await GoneAsync(NameOf(change.Object), cancel);
            else await SeeAsync(change.Object, cancel);
        }
    }

    private async Task SeeAsync(JsonElement seen, CancellationToken cancel)
    {
        if (read(seen) is not { } now) return;
        var name = NameOf(seen);
        var before = _known.GetValueOrDefault(name);
        // Remembered once it was acted upon: a fault on the way brings it again.
        if (before is null ? _stands && kind.Resource.EndsWith("bindings", StringComparison.Ordinal) : before.Uid != now.Uid || before.Print != now.Print)
            await ChangedAsync(name, before ?? now with { Print = "" }, now, cancel);
        _known[name] = now;
    }

    private async Task GoneAsync(string name, CancellationToken cancel)
    {
        if (!_known.TryGetValue(name, out var before)) return;
        await ChangedAsync(name, before, null, cancel);
        _known.Remove(name);
    }

    private async Task ChangedAsync(string name, Remembered before, Remembered? now, CancellationToken cancel)
    {
        var rule = ruleOf(before, now);
        if (rule == "ignore") return;
        var holders = new List<string>();
        foreach (var (column, value) in before.About.Concat(now?.About ?? []).Distinct()) holders.AddRange((await leases.HoldersOfAsync(cluster.Workloads, column, value, cancel)).Select(holder => holder.Id));
        if (holders.Count == 0) return;
        if (rule == "end")
        {
            await journal.CommitAsync(Lane.Control, LeaseStore.EndAllOfWorkloads(holders, clock.NowMs(), Causes.Drift));
            due.Ring();
        }

        var what = now is null ? "was deleted" : before.Print.Length == 0 ? "is new" : before.Uid == now.Uid ? "changed" : "was deleted and made anew";
        await findings.RecordAsync($"clusters/{cluster.Name}/{kind.Resource}/{name}", [new Finding(FindingKinds.ClusterChange, $"{kind.Kind} {name} {what}; {holders.Distinct().Count()} pods that it concerns held leases", Over: rule == "end")], cancel);
    }

    private static string NameOf(JsonElement seen) => seen.Object("metadata") is { } metadata ? metadata.Text("namespace") is { } space ? $"{space}/{metadata.Text("name")}" : metadata.Text("name") ?? "" : "";
}
