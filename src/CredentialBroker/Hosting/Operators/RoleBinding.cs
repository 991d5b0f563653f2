using CredentialBroker.Protocol.Selectors;

namespace CredentialBroker.Hosting;

/// <summary>One way to a role: all of its claims must be there with one of their values.</summary>
internal sealed record RoleBinding(HeldRole Held, IReadOnlyList<ClaimMatchOptions> Match)
{
    public static RoleBinding Of(RoleBindingOptions options) => new(
        new HeldRole(Enum.Parse<Role>(options.Role, ignoreCase: true), options.Selector is { } text ? Selector.Parse(text) : null), options.Match);

    /// <summary>The roles of somebody whose claims have these values.</summary>
    public static IReadOnlyList<HeldRole> RolesOf(IReadOnlyList<RoleBinding> bindings, Func<string, IEnumerable<string>> claim) =>
        [.. bindings.Where(binding => binding.Fits(claim)).Select(binding => binding.Held)];

    private bool Fits(Func<string, IEnumerable<string>> claim) =>
        Match.Count > 0 && Match.All(match => claim(match.Claim).Any(value => match.Values.Contains(value, StringComparer.Ordinal)));
}
