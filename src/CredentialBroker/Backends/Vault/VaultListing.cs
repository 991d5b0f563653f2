using System.Collections.Concurrent;
using System.Net;
using System.Text.Json.Nodes;
using CredentialBroker.Backends.Wires;
using CredentialBroker.Protocol;

namespace CredentialBroker.Backends.Vault;

/// <summary>
/// Finds the lease tokens of this broker among all the tokens of a Vault. An accessor says nothing of itself, so that each
/// is looked up, once: whose it is never changes. One pass looks up a bounded number, and the next goes on from there.
/// </summary>
internal sealed class VaultListing(TimeProvider clock)
{
    private const int LookUps = 5000;
    private const int AtOnce = 4;
    private static readonly TimeSpan Pass = TimeSpan.FromSeconds(5);

    /// <summary>The lease by accessor; null where the token is not this broker's, or is gone.</summary>
    private readonly ConcurrentDictionary<string, string?> _known = new();

    public async ValueTask<IReadOnlyList<Ours>> RunAsync(VaultConnection vault, string target, string brokerId, CancellationToken cancel)
    {
        var there = await AccessorsAsync(vault, cancel);
        foreach (var gone in _known.Keys.Where(accessor => !there.Contains(accessor))) _known.TryRemove(gone, out _);
        var began = clock.GetTimestamp();
        await Parallel.ForEachAsync(
            there.Where(accessor => !_known.ContainsKey(accessor)).Take(LookUps), new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancel }, async (accessor, stop) =>
            {
                if (clock.GetElapsedTime(began) < Pass) _known[accessor] = await LeaseOfAsync(vault, accessor, brokerId, stop);
            });
        return [.. _known.Where(known => known.Value is not null).Select(known => new Ours(known.Value!, Handle.Write(target, ("lease", known.Value!), ("accessor", known.Key))))];
    }

    /// <exception cref="BackendException">The broker may not: an empty list would say that nothing is there.</exception>
    public static async ValueTask<HashSet<string>> AccessorsAsync(VaultConnection vault, CancellationToken cancel)
    {
        var answer = await vault.Session.CallAsync($"auth/token/accessors{VaultHttp.List}", body: null, cancel);
        if (answer.Status == HttpStatusCode.NotFound) return [];
        return answer.IsSuccess && answer.Object("data")?.Texts("keys") is { } keys
            ? [.. keys.Where(VaultPath.IsAccessor)]
            : throw VaultErrors.Of(answer, ReasonCodes.TargetUnavailable, "listing tokens, which needs list and sudo on auth/token/accessors,");
    }

    private static async ValueTask<string?> LeaseOfAsync(VaultConnection vault, string accessor, string brokerId, CancellationToken cancel)
    {
        var answer = await vault.Session.CallAsync("auth/token/lookup-accessor", new JsonObject { ["accessor"] = accessor }, cancel);
        // It ended, and does not come back; Vault may go on listing it until it is tidied up.
        if (VaultErrors.IsGone(answer)) return null;
        if (!answer.IsSuccess || answer.Object("data") is not { } data) throw VaultErrors.Of(answer, ReasonCodes.TargetUnavailable, "looking up a token");
        return data.Object("meta") is { } meta && meta.Text("broker") == brokerId && meta.Text("lease") is { } lease && Ids.IsWellFormed(lease) ? lease : null;
    }
}
