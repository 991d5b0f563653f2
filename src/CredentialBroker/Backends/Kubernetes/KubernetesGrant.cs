using CredentialBroker.Protocol;

namespace CredentialBroker.Backends.Kubernetes;

/// <summary>Tokens of one service account.</summary>
/// <param name="Account">Whose tokens, when no scope is chosen; null where scopes are the only choice.</param>
/// <param name="Scopes">Named choices, of which a claim gets one.</param>
/// <param name="Audiences">Who may take the token; empty for the API server itself.</param>
/// <param name="Use">How anyone can see whether it is honoured: <see cref="Self"/>, or a path to read; null where it cannot be seen.</param>
/// <param name="Allowed">What the target's operator lets templates choose.</param>
internal sealed record KubernetesGrant(
    string Target, Account? Account, IReadOnlyList<KubernetesScope> Scopes, IReadOnlyList<string> Audiences, string? Use, IReadOnlyList<string> Allowed) : Grant(Target)
{
    /// <summary>Asks the API server who one is.</summary>
    public const string Self = "self";

    public override bool CanBeUsed => Use is not null;

    public override IReadOnlyList<Privilege> Privileges =>
        [.. (Account is null ? Scopes.Select(scope => scope.Account) : [Account]).Select(one => new Privilege(
            KubernetesBackend.Word, Target, $"serviceaccount:{one.Namespace}/{one.Name}", Audiences.Count == 0 ? ["api"] : [.. Audiences.Select(audience => $"audience:{audience}")]))];

    public override Narrowed Narrow(Intent? asked, Intent? approved, IReadOnlyDictionary<string, string> facts)
    {
        if (IntentScopes.Choose(Scopes, scope => scope.Named.Name, asked, approved, out var chosen) is { } refused) return refused;
        // One lease is one service account: a choice that leaves several leaves it open which.
        if (Account is null && chosen.Count != 1) return IntentScopes.Refused("exactly one scope has to be chosen");
        if (ScopeParameters.Merge([.. Scopes.Select(scope => scope.Named)], [.. chosen.Select(scope => scope.Named)], asked, approved, out var parameters) is { } wrong) return wrong;

        string? ValueOf(string hole) => hole.StartsWith(Holes.FactPrefix, StringComparison.Ordinal) ? facts.GetValueOrDefault(hole) : parameters.GetValueOrDefault(hole);

        var account = Account ?? chosen[0].Account;
        // A value is a part of one name, and never what begins another segment of a path.
        string? PartOf(string hole) => ValueOf(hole) is { } value && KubernetesNames.IsSubdomain(value) ? value : null;
        if (Holes.Fill(account.Namespace, PartOf, out var hole) is not { } space || Holes.Fill(account.Name, PartOf, out hole) is not { } name)
            return new Narrowed.Refused(ReasonCodes.ParameterRefused, $"{{{hole}}} has no value, or one that a name must not carry");
        var filled = new Account(space, name);
        return filled.IsWellFormed && Allowed.Any(pattern => KubernetesNames.Matches(filled, pattern))
            ? new Narrowed.To(this with { Account = filled, Scopes = [] })
            : new Narrowed.Refused(ReasonCodes.ParameterRefused, $"{account.Namespace}/{account.Name} names a service account that the target does not allow");
    }
}

/// <summary>One named choice: its parameters' types, and whose tokens it gives.</summary>
internal sealed record KubernetesScope(NamedScope Named, Account Account);
