using CredentialBroker.Protocol;

namespace CredentialBroker.Approvals;

/// <summary>Every mistake of one approval source's configuration, so that its author sees them all at once.</summary>
internal static class ApprovalSourceMistakes
{
    /// <param name="path">Configuration path of the source, such as <c>TrustSources:Approvals:prod-eu</c>.</param>
    public static IEnumerable<string> Validate(this ApprovalSourceOptions source, string path) =>
        [.. Identity(source, path), .. source.FormatMistakes(path), .. Reach(source, path), .. People(source, path), .. Times(source, path)];

    private static IEnumerable<string> Identity(ApprovalSourceOptions source, string path)
    {
        if (!Text.IsName(path[(path.LastIndexOf(':') + 1)..])) yield return $"{path}: a source's name is 1 to 63 of a-z, 0-9, '.', '_' and '-'";
        foreach (var (role, owner) in OwnersOf(source.Owners))
        {
            if (string.IsNullOrWhiteSpace(owner)) yield return $"{path}:Owners:{role}: required; name the accountable party";
        }
    }

    private static IEnumerable<string> Reach(ApprovalSourceOptions source, string path)
    {
        if (source.Environments.Length == 0) yield return $"{path}:Environments: required; the environments it may approve for";
        foreach (var name in source.Environments.Where(e => !Text.IsName(e))) yield return $"{path}:Environments: '{name}' is no environment's name";
        if (source.Templates.Length == 0) yield return $"{path}:Templates: required; names, or prefixes such as orders-*";
        foreach (var name in source.Templates.Where(t => !Text.IsName(t) && !(t.EndsWith("-*", StringComparison.Ordinal) && Text.IsName(t[..^2]))))
        {
            yield return $"{path}:Templates: '{name}' is neither a template's name nor a prefix such as orders-*";
        }

        if (!Words.Bindings.ContainsKey(source.Binding)) yield return $"{path}:Binding: '{source.Binding}' is none of exact, nonce, firstClaim";
        if (source.MaxTier is { } tier && !Words.Tiers.Contains(tier)) yield return $"{path}:MaxTier: '{tier}' is none of low, standard, critical, privileged";
        if (source is { Binding: "firstClaim", MaxTier: null or Words.Critical or Words.Privileged })
        {
            yield return $"{path}:MaxTier: firstClaim may not approve critical; set low or standard, or bind by exact or nonce";
        }

        if (source is { MaxTier: null or Words.Critical or Words.Privileged } && (source.Authentication is Formats.Webhook or Formats.Token || Formats.OnlyPrompts(source.Format)))
        {
            yield return $"{path}:MaxTier: a source proven by a shared secret may not approve critical; set low or standard";
        }
    }

    private static IEnumerable<string> People(ApprovalSourceOptions source, string path)
    {
        if (source.SelfApproval is not ("refuse" or "allow")) yield return $"{path}:SelfApproval: '{source.SelfApproval}' is neither refuse nor allow";
        if (source.MinApprovers is < 0 or > 16) yield return $"{path}:MinApprovers: outside 0 to 16";
        if (source.ServiceAccounts.Any(string.IsNullOrWhiteSpace)) yield return $"{path}:ServiceAccounts: one of them is empty";
    }

    private static IEnumerable<string> Times(ApprovalSourceOptions source, string path)
    {
        if (source.MaxValidity <= TimeSpan.Zero || source.MaxValidity > Limits.Validity) yield return $"{path}:MaxValidity: outside 0 to 24 hours";
        if (source.ReaffirmDays is < 0 or > 30) yield return $"{path}:ReaffirmDays: outside 0 to 30";
        if (source.ClaimWindow <= TimeSpan.Zero || source.ClaimWindow > Limits.ClaimWindow) yield return $"{path}:ClaimWindow: outside 0 to 15 minutes";
    }

    private static (string Role, string? Owner)[] OwnersOf(Owners? owners) =>
        [("Runtime", owners?.Runtime), ("Policy", owners?.Policy), ("Operator", owners?.Operator)];
}
