using CredentialBroker.Protocol;

namespace CredentialBroker.Backends.GitHub;

/// <summary>A token for some repositories and permissions of one installation.</summary>
/// <param name="Access">What it is for when no scope is chosen; null where scopes are the only choice.</param>
/// <param name="Scopes">Named choices, of which a claim gets one.</param>
/// <param name="Known">Ids of the repositories that the target's operator lets templates choose, by name.</param>
internal sealed record GitHubGrant(string Target, GitHubAccess? Access, IReadOnlyList<GitHubScope> Scopes, IReadOnlyDictionary<string, long> Known) : Grant(Target)
{
    public override bool CanBeUsed => true;

    public override IReadOnlyList<Privilege> Privileges =>
        [.. (Access is null ? Scopes.Select(scope => scope.Access) : [Access]).SelectMany(access => access.Repositories.Select(name => new Privilege(
            GitHubBackend.Word, Target, $"repository:{name}", [.. access.Permissions.OrderBy(one => one.Key, StringComparer.Ordinal).Select(one => $"{one.Key}:{one.Value}")])))];

    public override Narrowed Narrow(Intent? asked, Intent? approved, IReadOnlyDictionary<string, string> facts)
    {
        if (IntentScopes.Choose(Scopes, scope => scope.Named.Name, asked, approved, out var chosen) is { } refused) return refused;
        // One lease is one token: a choice that leaves several leaves it open which.
        if (Access is null && chosen.Count != 1) return IntentScopes.Refused("exactly one scope has to be chosen");
        if (ScopeParameters.Merge([.. Scopes.Select(scope => scope.Named)], [.. chosen.Select(scope => scope.Named)], asked, approved, out var parameters) is { } wrong) return wrong;

        string? ValueOf(string hole) => hole.StartsWith(Holes.FactPrefix, StringComparison.Ordinal) ? facts.GetValueOrDefault(hole) : parameters.GetValueOrDefault(hole);

        var access = Access ?? chosen[0].Access;
        var repositories = new List<string>();
        foreach (var template in access.Repositories)
        {
            if (Holes.Fill(template, ValueOf, out var hole) is not { } name) return new Narrowed.Refused(ReasonCodes.ParameterRefused, $"{{{hole}}} has no value, or one that a name must not carry");
            if (!Known.ContainsKey(name)) return new Narrowed.Refused(ReasonCodes.ParameterRefused, $"{template} names a repository that the target does not allow");
            if (!repositories.Contains(name)) repositories.Add(name);
        }

        return new Narrowed.To(this with { Access = access with { Repositories = repositories }, Scopes = [] });
    }
}

/// <summary>Repositories by name, which may have holes before narrowing, and permissions with their level.</summary>
internal sealed record GitHubAccess(IReadOnlyList<string> Repositories, IReadOnlyDictionary<string, string> Permissions);

/// <summary>One named choice: its parameters' types, and what it is for.</summary>
internal sealed record GitHubScope(NamedScope Named, GitHubAccess Access);
