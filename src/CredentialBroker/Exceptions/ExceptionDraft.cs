using CredentialBroker.Approvals;
using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Exceptions;
using CredentialBroker.Protocol.Selectors;
using CredentialBroker.Templates;

namespace CredentialBroker.Exceptions;

/// <summary>What somebody asks for, before it is judged.</summary>
internal sealed record ExceptionDraft(
    RecordKind Kind, string Name, IReadOnlyList<string> Templates, string? Selector, ExceptionTerms? Terms, Owners Owners, string Reason, string Ticket, string For,
    DateTimeOffset? From)
{
    private const int MostTemplates = 32;

    public static ExceptionDraft Of(ExceptionRequest r) =>
        new(RecordKind.Exception, "", r.Templates, r.Selector, r.May, r.Owners, r.Reason, r.Ticket, r.For, r.From);

    public static ExceptionDraft Of(RiskAcceptanceRequest r) =>
        new(RecordKind.RiskAcceptance, r.Name, r.Templates, r.Selector, null, r.Owners, r.Reason, r.Ticket, r.For, r.From);

    public long Length => (long)Durations.Parse(For).TotalMilliseconds;

    /// <summary>Every mistake, so that its author sees them all at once.</summary>
    public IEnumerable<string> Mistakes(TemplateCatalog active, TimeSpan longest, TimeSpan ttlCeiling, DateTimeOffset now) =>
        [.. Scope(active), .. People(), .. Window(longest, now), .. May(active, ttlCeiling)];

    private IEnumerable<string> Scope(TemplateCatalog active)
    {
        if (Templates.Count is 0 or > MostTemplates) yield return $"templates: name 1 to {MostTemplates}";
        foreach (var template in Templates.Where(t => active.Find(t) is null)) yield return $"templates: {(Text.IsName(template) ? $"'{template}'" : "one of them")} is not active";
        if (Selector is not null && !Protocol.Selectors.Selector.TryParse(Selector, out _, out var error)) yield return $"selector, position {error!.Position}: {error.Message}";
        if (Kind == RecordKind.RiskAcceptance && !Text.IsName(Name)) yield return "name: lower-case letters, digits, hyphens, at most 63";
    }

    private IEnumerable<string> People()
    {
        foreach (var (role, owner) in new[] { ("runtime", Owners.Runtime), ("policy", Owners.Policy), ("operator", Owners.Operator) })
        {
            if (!IsLine(owner, 128)) yield return $"owners.{role}: say who answers for it";
        }

        if (!IsLine(Reason, 512)) yield return "reason: say why in 1 to 512 characters";
        if (!IsLine(Ticket, 128)) yield return "ticket: say where it is tracked in 1 to 128 characters";
    }

    private IEnumerable<string> Window(TimeSpan longest, DateTimeOffset now)
    {
        if (!Durations.TryParse(For, out var length) || length <= TimeSpan.Zero) yield return "for: no duration such as 8h";
        else if (length > longest) yield return $"for: at most {Durations.Format(longest)}";
        if (From < now.AddMinutes(-5) || From > now + longest) yield return $"from: between now and {Durations.Format(longest)} from now";
    }

    private IEnumerable<string> May(TemplateCatalog active, TimeSpan ttlCeiling)
    {
        if (Terms is null) yield break;
        if (Terms is { Ttl: null, ConcurrentLeases: null, FirstClaimBinding: false }) yield return "may: one at least of ttl, concurrentLeases, firstClaimBinding";
        if (Terms.Ttl is { } ttl && (!Durations.TryParse(ttl, out var life) || life < TimeSpan.FromSeconds(1) || life > ttlCeiling))
        {
            yield return $"may.ttl: a duration from 1s to the operator's ceiling of {Durations.Format(ttlCeiling)}";
        }

        if (Terms.ConcurrentLeases is < 1 or > 1000) yield return "may.concurrentLeases: 1 to 1000";
        if (Terms.FirstClaimBinding && Templates.Any(t => active.Find(t)?.Tier == "critical")) yield return "may.firstClaimBinding: never where the tier is critical";
    }

    /// <summary>One line that a person can read, and that cannot pretend to be two.</summary>
    public static bool IsLine(string? text, int longest) => !string.IsNullOrWhiteSpace(text) && text.Length <= longest && Text.IsPlain(text);
}
