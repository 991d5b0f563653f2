using CredentialBroker.Protocol;

namespace CredentialBroker.Backends.Postgres;

/// <summary>Membership in group roles. Before narrowing their names may have holes for facts.</summary>
/// <param name="Scopes">Named choices among the groups.</param>
/// <param name="Allowed">What the target's operator lets templates choose.</param>
internal sealed record PostgresGrant(
    string Target, IReadOnlyList<string> Groups, int ConnectionLimit, IReadOnlyList<GroupScope> Scopes, IReadOnlyList<string> Allowed) : Grant(Target)
{
    public override IReadOnlyList<Privilege> Privileges =>
        [.. Groups.Select(group => new Privilege(PostgresBackend.Word, Target, $"role:{group}", ["member"]))];

    /// <summary>Logging in is harmless.</summary>
    public override bool CanBeUsed => true;

    public override Narrowed Narrow(Intent? asked, Intent? approved, IReadOnlyDictionary<string, string> facts)
    {
        if (asked?.Parameters is { Count: > 0 } || approved?.Parameters is { Count: > 0 })
            return IntentScopes.Refused("scopes of this template have no parameters");
        if (IntentScopes.Choose(Scopes, scope => scope.Name, asked, approved, out var chosen) is { } refused) return refused;

        // Without a choice all of memberOf is meant, groups that no scope names among them.
        var chose = asked?.Scopes is { Count: > 0 } || approved?.Scopes is { Count: > 0 };
        var patterns = chose ? chosen.SelectMany(scope => scope.Groups) : Groups;
        var groups = new List<string>();
        foreach (var pattern in patterns.Distinct(StringComparer.Ordinal))
        {
            if (Holes.Fill(pattern, facts.GetValueOrDefault, out var hole) is not { } group)
                return new Narrowed.Refused(ReasonCodes.ParameterRefused, $"{{{hole}}} has no value, or one that a role name must not carry");
            if (!Allowed.Contains(group, StringComparer.Ordinal))
                return new Narrowed.Refused(ReasonCodes.ParameterRefused, $"{pattern} names a group that the target does not allow");
            if (!groups.Contains(group)) groups.Add(group);
        }

        return new Narrowed.To(this with { Groups = groups, Scopes = [] });
    }
}

/// <summary>One named scope: the groups it stands for.</summary>
internal sealed record GroupScope(string Name, IReadOnlyList<string> Groups);
