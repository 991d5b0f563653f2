using CredentialBroker.Protocol;

namespace CredentialBroker.Backends.Vault;

/// <summary>One read below one path. Before narrowing, path and request may have holes.</summary>
/// <param name="Read">What is read when no scope is chosen; null where scopes are the only choice.</param>
/// <param name="Scopes">Named choices, of which a claim gets one.</param>
/// <param name="Fields">Members of the answer that are handed out; empty for all.</param>
/// <param name="RotatedWithinMs">Of what no lease ends: how soon its owner changes it.</param>
/// <param name="Allowed">What the target's operator lets templates read.</param>
internal sealed record VaultGrant(
    string Target, VaultEngine Engine, VaultRead? Read, IReadOnlyList<VaultScope> Scopes, IReadOnlyList<string> Fields, long RotatedWithinMs, IReadOnlyList<string> Allowed) : Grant(Target)
{
    public override IReadOnlyList<Privilege> Privileges =>
        [.. (Read is null ? Scopes.Select(scope => scope.Read) : [Read]).Select(read => new Privilege(VaultBackend.Word, Target, $"path:{read.Path}", [.. Actions(read)]))];

    public override Narrowed Narrow(Intent? asked, Intent? approved, IReadOnlyDictionary<string, string> facts)
    {
        if (IntentScopes.Choose(Scopes, scope => scope.Named.Name, asked, approved, out var chosen) is { } refused) return refused;
        // One lease is one read: a choice that leaves several leaves it open which.
        if (Read is null && chosen.Count != 1) return IntentScopes.Refused("exactly one scope has to be chosen");
        if (ScopeParameters.Merge([.. Scopes.Select(scope => scope.Named)], [.. chosen.Select(scope => scope.Named)], asked, approved, out var parameters) is { } wrong) return wrong;

        string? ValueOf(string hole) => hole.StartsWith(Holes.FactPrefix, StringComparison.Ordinal) ? facts.GetValueOrDefault(hole) : parameters.GetValueOrDefault(hole);

        var read = Read ?? chosen[0].Read;
        // A value in a path is a segment or a part of one, and nothing that could begin another.
        if (Holes.Fill(read.Path, hole => ValueOf(hole) is { } value && VaultPath.IsSegment(value) ? value : null, out var unfilled) is not { } path) return Unfilled(unfilled);
        if (!VaultPath.IsAllowed(path, Allowed)) return new Narrowed.Refused(ReasonCodes.ParameterRefused, $"{read.Path} names a path that the target does not allow");
        var request = new Dictionary<string, string>();
        foreach (var (name, text) in read.Request)
        {
            if (Holes.Fill(text, ValueOf, out var hole) is not { } value) return Unfilled(hole);
            request[name] = value;
        }

        return new Narrowed.To(this with { Read = new VaultRead(path, request), Scopes = [] });
    }

    private static IEnumerable<string> Actions(VaultRead read) =>
        read.Request.Count == 0 ? ["read"] : read.Request.OrderBy(member => member.Key, StringComparer.Ordinal).Select(member => $"{member.Key}={member.Value}");

    private static Narrowed.Refused Unfilled(string hole) =>
        new(ReasonCodes.ParameterRefused, $"{{{hole}}} has no value, or one that a path or request must not carry");
}

/// <summary>What is asked for: a path, and the members of the request's body.</summary>
internal sealed record VaultRead(string Path, IReadOnlyDictionary<string, string> Request);

/// <summary>One named choice: its parameters' types, and what it reads.</summary>
internal sealed record VaultScope(NamedScope Named, VaultRead Read);
