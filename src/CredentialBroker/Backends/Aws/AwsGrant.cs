using CredentialBroker.Protocol;

namespace CredentialBroker.Backends.Aws;

/// <summary>A session of one role, for what the chosen scopes say. Before narrowing their statements may have holes.</summary>
/// <param name="Role">ARN of the role; null where one is made for the lease.</param>
/// <param name="Longest">How long a session may be asked for, in seconds.</param>
/// <param name="Policies">ARNs of policies that narrow the session further.</param>
/// <param name="Scopes">Named choices; all of them where a claim makes none.</param>
/// <param name="Statements">What is left of the scopes once they are filled.</param>
internal sealed record AwsGrant(
    string Target, string? Role, int Longest, IReadOnlyList<string> Policies, IReadOnlyList<AwsScope> Scopes, AwsProbe? Probe, IReadOnlyList<AwsStatement> Statements) : Grant(Target)
{
    /// <summary>STS makes none that is shorter.</summary>
    public const int Shortest = 900;

    public override bool CanBeUsed => Probe is not null;

    /// <summary>Where a template names no scope, the session may do all that its role may.</summary>
    public override IReadOnlyList<Privilege> Privileges
    {
        get
        {
            var statements = Scopes.SelectMany(scope => scope.Statements).Concat(Statements).ToList();
            return
            [
                .. statements.SelectMany(statement => statement.Privileges(Target)),
                .. Policies.Select(policy => new Privilege(AwsBackend.Word, Target, policy, ["*"])),
                .. statements.Count + Policies.Count > 0 ? [] : new[] { new Privilege(AwsBackend.Word, Target, Role!, ["*"]) },
            ];
        }
    }

    public override Narrowed Narrow(Intent? asked, Intent? approved, IReadOnlyDictionary<string, string> facts)
    {
        if (IntentScopes.Choose(Scopes, scope => scope.Named.Name, asked, approved, out var chosen) is { } refused) return refused;
        if (ScopeParameters.Merge([.. Scopes.Select(scope => scope.Named)], [.. chosen.Select(scope => scope.Named)], asked, approved, out var parameters) is { } wrong) return wrong;

        string? ValueOf(string hole) => hole.StartsWith(Holes.FactPrefix, StringComparison.Ordinal) ? facts.GetValueOrDefault(hole) : parameters.GetValueOrDefault(hole);

        var statements = new List<AwsStatement>();
        foreach (var statement in chosen.SelectMany(scope => scope.Statements))
        {
            if (statement.Fill(ValueOf, out var hole) is not { } filled)
                return new Narrowed.Refused(ReasonCodes.ParameterRefused, $"{{{hole}}} has no value, or one that a policy must not carry");
            statements.Add(filled);
        }

        var narrowed = this with { Statements = statements, Scopes = [] };
        return narrowed.Fits ? new Narrowed.To(narrowed) : IntentScopes.Refused("the chosen scopes are longer than a session's policy may be; choose fewer");
    }

    /// <summary>Whether what it says is short enough for AWS to take.</summary>
    public bool Fits => Role is null
        ? SessionPolicy.Write(Statements).Length <= DenyDocument.Limit
        : SessionPolicy.Render(Statements, Policies.Count == 0, until: 0).Length <= SessionPolicy.Limit;
}
