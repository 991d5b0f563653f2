using CredentialBroker.Controls;
using CredentialBroker.Incidents;
using CredentialBroker.Leases;
using CredentialBroker.Protocol.Selectors;
using CredentialBroker.Storage;
using CredentialBroker.Storage.Journaling;

namespace CredentialBroker.Alarms;

/// <summary>What is done about one alarm: works that commit with its record, and each in words.</summary>
internal sealed record Response(long Leases, IReadOnlyList<string> Acts, IReadOnlyList<Work> Works);

/// <summary>
/// Turns an alarm into what the rules say. Nothing is revoked or frozen where no lease lives, so that a source that repeats itself adds
/// nothing: what it revoked is gone, and what it froze is frozen.
/// </summary>
internal sealed class AlarmActs(IReadOnlyList<AlarmRule> rules, LeaseStore leases, ControlStore controls, Responses responses, TimeProvider clock)
{
    private static readonly Selector Nothing = new([]);

    public async Task<Response> PlanAsync(string id, AlarmSource source, Alarm alarm, CancellationToken cancel)
    {
        if (alarm.About is not { } about) return new Response(0, [], []);
        var (live, acts, works) = (0L, new List<string>(), new List<Work>());
        foreach (var (number, rule) in rules.Index().Where(one => one.Item.Fits(source.Name, alarm.Type)))
        {
            var selector = about.And(source.Reach).And(rule.Within);
            if (selector.MatchesNothing || selector.Terms.Count > Selector.MaxTerms) continue;
            var (here, _) = await leases.CountAsync(selector, cancel);
            live = Math.Max(live, here);
            if (here == 0) continue;
            // Stopped before it is ended: what is ended is not issued anew in between.
            if (rule.Then.Contains(AlarmRule.Freeze)) await FreezeAsync(selector, rule, source, alarm, acts, works, cancel);
            if (rule.Then.Contains(AlarmRule.Revoke)) Revoke($"alarm:{id}:{number}", selector, here, source, alarm, acts, works);
            if (rule.Then.Contains(AlarmRule.Recheck))
            {
                works.Add(Rechecks.Mark(selector, alarm.Type, clock.NowMs()));
                acts.Add(AlarmRule.Recheck);
            }
        }

        return new Response(live, acts, works);
    }

    private void Revoke(string key, Selector selector, long here, AlarmSource source, Alarm alarm, List<string> acts, List<Work> works)
    {
        var (incident, opening) = responses.Opening(selector.ToString(), $"{alarm.Type}, told by {source.Name}", source.Actor, key, here);
        works.AddRange(opening);
        acts.Add($"{AlarmRule.Revoke} {incident.Id}");
    }

    private async Task FreezeAsync(Selector selector, AlarmRule rule, AlarmSource source, Alarm alarm, List<string> acts, List<Work> works, CancellationToken cancel)
    {
        var text = (await OfClaimsAsync(selector, cancel)).ToString();
        if (text.Length == 0 || (await controls.ReadAsync(cancel)).Freezes.Any(freeze => freeze.SelectorText == text)) return;
        var (freeze, freezing) = controls.Freezing(text, $"{alarm.Type}, told by {source.Name}", source.Actor, rule.For is { } length ? clock.NowMs() + (long)length.TotalMilliseconds : null);
        works.AddRange(freezing);
        acts.Add($"{AlarmRule.Freeze} {freeze.Id}");
    }

    /// <summary>In the place of a lease stands the instance that holds it: claims are stopped, and they have no lease yet.</summary>
    private async Task<Selector> OfClaimsAsync(Selector selector, CancellationToken cancel)
    {
        var kept = selector.Terms.Where(term => !ControlEndpoints.IsOfLeases(term.Key)).ToList();
        if (kept.Count == selector.Terms.Count) return selector;
        return (await leases.ListAsync(selector, ended: false, null, 1, cancel)) is [var lease]
            ? new Selector([AboutThing.Is("workload", lease.Uri), AboutThing.Is("instance", lease.Instance), .. kept])
            : Nothing;
    }
}
