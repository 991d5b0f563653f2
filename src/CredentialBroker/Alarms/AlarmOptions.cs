using CredentialBroker.Approvals;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Selectors;

namespace CredentialBroker.Alarms;

/// <summary>Section <c>Alarms</c>: what somebody outside saw, and what is done about it.</summary>
internal sealed record AlarmOptions
{
    /// <summary>Who may tell what they saw.</summary>
    public Dictionary<string, AlarmSourceOptions> Sources { get; init; } = [];

    /// <summary>
    /// What is done about what was seen; every rule that fits acts. Listing any takes the place of the rules that stand otherwise:
    /// <c>exec</c>, <c>attach</c> and <c>ephemeral-container</c> in what holds leases of tier critical freeze and revoke those;
    /// <c>session-revoked</c> revokes; <c>credential-change:revoke</c>, <c>credential-change:delete</c>,
    /// <c>assurance-level-change:decrease</c>, <c>device-compliance-change:not-compliant</c> and <c>drift</c> have leases judged again.
    /// </summary>
    public IReadOnlyList<AlarmRuleOptions> Rules { get; init; } = [];

    /// <summary>How soon what was exposed is to be dead, 1 minute to 1 hour; later is told as <c>exposure.overdue</c> (R70).</summary>
    public TimeSpan DeadWithin { get; init; } = TimeSpan.FromMinutes(5);

    public IEnumerable<string> Validate()
    {
        foreach (var mistake in Sources.SelectMany(source => source.Value.Validate($"Alarms:Sources:{source.Key}"))) yield return mistake;
        foreach (var (at, rule) in Rules.Index())
        {
            foreach (var mistake in rule.Validate($"Alarms:Rules:{at}", Sources.Keys)) yield return mistake;
        }

        if (DeadWithin < TimeSpan.FromMinutes(1) || DeadWithin > TimeSpan.FromHours(1)) yield return "Alarms:DeadWithin: outside 00:01:00 to 01:00:00";
    }
}

/// <summary>Section <c>Alarms:Rules</c>: what is done about one kind of alarm.</summary>
internal sealed record AlarmRuleOptions
{
    /// <summary>Sources that it is for; empty is all.</summary>
    public string[] Sources { get; init; } = [];

    /// <summary>Types of alarms that it is for, such as <c>exec</c> or <c>falco:critical:*</c>.</summary>
    public string[] Types { get; init; } = [];

    /// <summary>Acts only on leases of this tier; null is all.</summary>
    public string? Tier { get; init; }

    /// <summary>Acts only on leases that this selector covers too; null is all.</summary>
    public string? Selector { get; init; }

    /// <summary>What is done: <c>revoke</c>, <c>freeze</c>, <c>recheck</c>, or <c>tell</c>, which only records it.</summary>
    public string[] Then { get; init; } = [];

    /// <summary>How long a freeze stands; null until a person lifts it.</summary>
    public TimeSpan? For { get; init; }

    public IEnumerable<string> Validate(string path, IEnumerable<string> sources)
    {
        foreach (var name in Sources.Except(sources, StringComparer.Ordinal)) yield return $"{path}:Sources: no source '{name}' in Alarms:Sources";
        if (Types.Length == 0) yield return $"{path}:Types: required; types of alarms, such as exec or falco:critical:*";
        if (Tier is not null && !Words.Tiers.Contains(Tier)) yield return $"{path}:Tier: '{Tier}' is none of {string.Join(", ", Words.Tiers)}";
        if (Selector is not null && !Protocol.Selectors.Selector.TryParse(Selector, out _, out var error)) yield return $"{path}:Selector: position {error!.Position}: {error.Message}";
        if (Then.Length == 0 || Then.Except(AlarmRule.All, StringComparer.Ordinal).Any()) yield return $"{path}:Then: required; of {string.Join(", ", AlarmRule.All)}";
        if (For is { } length && (length < TimeSpan.FromMinutes(1) || length > TimeSpan.FromDays(30))) yield return $"{path}:For: outside 00:01:00 to 30.00:00:00";
        if (For is not null && !Then.Contains(AlarmRule.Freeze)) yield return $"{path}:For: has no use without freeze";
    }
}

/// <summary>A rule ready to be asked.</summary>
internal sealed record AlarmRule(IReadOnlyList<string> Sources, IReadOnlyList<string> Types, Selector Within, IReadOnlyList<string> Then, TimeSpan? For)
{
    public const string Revoke = "revoke", Freeze = "freeze", Recheck = "recheck", Tell = "tell";

    public static readonly IReadOnlyList<string> All = [Revoke, Freeze, Recheck, Tell];

    private static readonly AlarmRuleOptions[] Standing =
    [
        new() { Types = ["exec", "attach", "ephemeral-container"], Tier = "critical", Then = [Freeze, Revoke] },
        new() { Types = ["session-revoked"], Then = [Revoke] },
        new() { Types = ["credential-change:revoke", "credential-change:delete", "assurance-level-change:decrease", "device-compliance-change:not-compliant", "drift"], Then = [Recheck] },
    ];

    public bool Fits(string source, string type) => (Sources.Count == 0 || Sources.Contains(source, StringComparer.Ordinal))
        && Types.Any(one => one.EndsWith('*') ? type.StartsWith(one[..^1], StringComparison.Ordinal) : type == one);

    public static IReadOnlyList<AlarmRule> Of(AlarmOptions options) => [.. (options.Rules.Count > 0 ? options.Rules : Standing).Select(Of)];

    private static AlarmRule Of(AlarmRuleOptions rule)
    {
        var within = Selector.TryParse(rule.Selector ?? "", out var selector, out _) ? selector : new Selector([]);
        return new AlarmRule(rule.Sources, rule.Types, rule.Tier is null ? within : within.And(new Selector([new Term("tier", Comparison.Is, [rule.Tier], 0)])), rule.Then, rule.For);
    }
}
