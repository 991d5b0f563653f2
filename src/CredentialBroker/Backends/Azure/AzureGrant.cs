using CredentialBroker.Protocol;

namespace CredentialBroker.Backends.Azure;

/// <summary>One identity in one mode. Before narrowing, the role's scope may have holes.</summary>
/// <param name="Identity">Name of one of the target's.</param>
/// <param name="Audience">What tokens are for; null in mode service-principal-secret, where the workload chooses.</param>
/// <param name="Role">Of mode role-assignment; null where scopes are the only choice.</param>
/// <param name="Scopes">Named choices of a role, of which a claim gets one.</param>
/// <param name="Probe">Where a token can be shown without harm.</param>
/// <param name="Limits">The target's role scopes, and how long its tokens live.</param>
internal sealed record AzureGrant(
    string Target, string Mode, string Identity, string? Audience, AzureRole? Role, IReadOnlyList<AzureScope> Scopes, Uri? Probe, AzureLimits Limits) : Grant(Target)
{
    public const string AccessToken = "access-token";
    public const string ServicePrincipalSecret = "service-principal-secret";
    public const string RoleAssignment = "role-assignment";

    public static readonly IReadOnlyList<string> Modes = [AccessToken, ServicePrincipalSecret, RoleAssignment];

    /// <summary>A secret is tried by logging in with it.</summary>
    public override bool CanBeUsed => Probe is not null || Mode == ServicePrincipalSecret;

    /// <summary>A token lives for its own time, whenever its lease ends.</summary>
    public override TimeSpan Outlives => Limits.TokenLife;

    public override IReadOnlyList<Privilege> Privileges => Mode switch
    {
        AccessToken => [new Privilege(AzureBackend.Word, Target, $"identity:{Identity}", [$"token:{Audience}"])],
        ServicePrincipalSecret => [new Privilege(AzureBackend.Word, Target, $"identity:{Identity}", ["log-in"])],
        _ => [.. (Role is null ? Scopes.Select(scope => scope.Role) : [Role]).Select(role => new Privilege(AzureBackend.Word, Target, $"scope:{role.Scope}", [$"role:{role.Definition}", $"identity:{Identity}", $"token:{Audience}"]))],
    };

    public override Narrowed Narrow(Intent? asked, Intent? approved, IReadOnlyDictionary<string, string> facts)
    {
        if (IntentScopes.Choose(Scopes, scope => scope.Named.Name, asked, approved, out var chosen) is { } refused) return refused;
        if (ScopeParameters.Merge([.. Scopes.Select(scope => scope.Named)], [.. chosen.Select(scope => scope.Named)], asked, approved, out var parameters) is { } wrong) return wrong;
        if (Mode != RoleAssignment) return new Narrowed.To(this);
        // One lease is one assignment: a choice that leaves several leaves it open which.
        if (Role is null && chosen.Count != 1) return IntentScopes.Refused("exactly one scope has to be chosen");
        var role = Role ?? chosen[0].Role;
        var at = Holes.Fill(
            role.Scope, hole => (hole.StartsWith(Holes.FactPrefix, StringComparison.Ordinal) ? facts.GetValueOrDefault(hole) : parameters.GetValueOrDefault(hole)) is { } value && AzureNames.IsSegment(value) ? value : null,
            out var unfilled);
        if (at is null) return new Narrowed.Refused(ReasonCodes.ParameterRefused, $"{{{unfilled}}} has no value, or one that a scope must not carry");
        if (!AzureNames.IsBelow(at, Limits.RoleScopes)) return new Narrowed.Refused(ReasonCodes.ParameterRefused, $"{role.Scope} names a scope that the target does not allow");
        return new Narrowed.To(this with { Role = role with { Scope = at }, Scopes = [] });
    }
}

/// <summary>A role at a scope.</summary>
/// <param name="Definition">The role definition's GUID.</param>
internal sealed record AzureRole(string Definition, string Scope);

/// <summary>One named choice: its parameters' types, and the role it gives.</summary>
internal sealed record AzureScope(NamedScope Named, AzureRole Role);

/// <summary>What the target's operator set for every template.</summary>
internal sealed record AzureLimits(IReadOnlyList<string> RoleScopes, TimeSpan TokenLife);
