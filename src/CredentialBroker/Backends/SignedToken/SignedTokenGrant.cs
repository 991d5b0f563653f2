using CredentialBroker.Protocol;

namespace CredentialBroker.Backends.SignedToken;

/// <summary>A token for one audience with the scopes and claims that are left after narrowing.</summary>
/// <param name="Scopes">Named scopes; after narrowing only those asked for and approved, their texts filled.</param>
/// <param name="Constraint">What the token is bound to.</param>
internal sealed record SignedTokenGrant(
    string Target, string Audience, IReadOnlyList<NamedScope> Scopes, IReadOnlyDictionary<string, string> Claims,
    SenderConstraint Constraint = SenderConstraint.None) : Grant(Target)
{
    public override IReadOnlyList<Privilege> Privileges =>
        [new(SignedTokenBackend.Word, Target, $"audience:{Audience}", Scopes.Count == 0 ? ["authenticate"] : [.. Scopes.Select(scope => scope.Text)])];

    public override Narrowed Narrow(Intent? asked, Intent? approved, IReadOnlyDictionary<string, string> facts)
    {
        if (SenderConstraints.Refuse(Constraint, facts) is { } unproven) return unproven;
        if (IntentScopes.Choose(Scopes, scope => scope.Name, asked, approved, out var chosen) is { } refused) return refused;
        if (ScopeParameters.Merge(Scopes, chosen, asked, approved, out var parameters) is { } wrong) return wrong;

        string? ValueOf(string hole) => hole.StartsWith(Holes.FactPrefix, StringComparison.Ordinal)
            ? facts.GetValueOrDefault(hole)
            : parameters.GetValueOrDefault(hole);

        var scopes = new List<NamedScope>();
        foreach (var scope in chosen)
        {
            if (Holes.Fill(scope.Text, ValueOf, out var hole) is not { } text) return Unfilled(hole);
            scopes.Add(scope with { Text = text, Parameters = NoParameters });
        }

        var claims = new Dictionary<string, string>();
        foreach (var (name, template) in Claims)
        {
            if (Holes.Fill(template, ValueOf, out var hole) is not { } text) return Unfilled(hole);
            claims[name] = text;
        }

        return new Narrowed.To(this with { Scopes = scopes, Claims = claims });
    }

    private static readonly Dictionary<string, ScopeParameter> NoParameters = [];

    private static Narrowed.Refused Unfilled(string hole) =>
        new(ReasonCodes.ParameterRefused, $"{{{hole}}} has no value, or one with characters a token must not carry");
}
