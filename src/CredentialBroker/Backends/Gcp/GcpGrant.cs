using CredentialBroker.Protocol;

namespace CredentialBroker.Backends.Gcp;

/// <summary>A token of a service account, or of a subject of the lease's own. Before narrowing, the boundary may have holes.</summary>
/// <param name="ServiceAccount">Of mode impersonated.</param>
/// <param name="Group">Of mode federated.</param>
/// <param name="Boundary">What the token may reach; null for all that its principal may, or where scopes are the only choice.</param>
/// <param name="Scopes">Named choices of a boundary, of which a claim gets one.</param>
internal sealed record GcpGrant(
    string Target, string Mode, string? ServiceAccount, string? Group, IReadOnlyList<string> OAuthScopes, AccessBoundary? Boundary, IReadOnlyList<BoundaryScope> Scopes, Uri? Probe, GcpLimits Limits) : Grant(Target)
{
    public const string Federated = "federated";
    public const string Impersonated = "impersonated";

    public static readonly IReadOnlyList<string> Modes = [Federated, Impersonated];

    public override bool CanBeUsed => Probe is not null;

    /// <summary>Google lets nobody choose how long a federated token lives.</summary>
    public override TimeSpan Outlives => Mode == Federated ? Limits.TokenLife : TimeSpan.Zero;

    public override IReadOnlyList<Privilege> Privileges
    {
        get
        {
            var who = ServiceAccount is not null ? $"account:{ServiceAccount}" : $"group:{Group}";
            IReadOnlyList<AccessBoundary> boundaries = Boundary is not null ? [Boundary] : [.. Scopes.Select(scope => scope.Boundary)];
            return boundaries.Count == 0
                ? [new Privilege(GcpBackend.Word, Target, who, [.. OAuthScopes])]
                : [.. boundaries.Select(one => new Privilege(GcpBackend.Word, Target, one.Resource, [who, .. one.Roles, .. one.Prefix is null ? [] : new[] { $"prefix:{one.Prefix}" }]))];
        }
    }

    public override Narrowed Narrow(Intent? asked, Intent? approved, IReadOnlyDictionary<string, string> facts)
    {
        if (IntentScopes.Choose(Scopes, scope => scope.Named.Name, asked, approved, out var chosen) is { } refused) return refused;
        // A boundary of several choices would be wider than each of them.
        if (Scopes.Count > 0 && chosen.Count != 1) return IntentScopes.Refused("exactly one scope has to be chosen");
        if (ScopeParameters.Merge([.. Scopes.Select(scope => scope.Named)], [.. chosen.Select(scope => scope.Named)], asked, approved, out var parameters) is { } wrong) return wrong;
        if ((Boundary ?? (chosen.Count == 0 ? null : chosen[0].Boundary)) is not { } boundary) return new Narrowed.To(this);

        string? ValueOf(string hole) => hole.StartsWith(Holes.FactPrefix, StringComparison.Ordinal) ? facts.GetValueOrDefault(hole) : parameters.GetValueOrDefault(hole);

        if (Holes.Fill(boundary.Bucket, ValueOf, out var hole) is not { } bucket) return Unfilled(hole);
        // A value is a part of a folder's name, and nothing that could begin another.
        if (Holes.Fill(boundary.Prefix ?? "", name => ValueOf(name) is { } value && !value.Contains('/', StringComparison.Ordinal) ? value : null, out hole) is not { } prefix) return Unfilled(hole);
        if (!GcpNames.IsAllowed(bucket, Limits.Buckets)) return new Narrowed.Refused(ReasonCodes.ParameterRefused, $"{boundary.Bucket} names a bucket that the target does not allow");
        if (boundary.Prefix is not null && !GcpNames.IsPrefix(prefix)) return new Narrowed.Refused(ReasonCodes.ParameterRefused, $"{boundary.Prefix} is no beginning of objects' names with these values");
        return new Narrowed.To(this with { Boundary = boundary with { Bucket = bucket, Prefix = boundary.Prefix is null ? null : prefix }, Scopes = [] });
    }

    private static Narrowed.Refused Unfilled(string hole) => new(ReasonCodes.ParameterRefused, $"{{{hole}}} has no value, or one that a bucket or prefix must not carry");
}

/// <summary>What the target's operator set for every template.</summary>
internal sealed record GcpLimits(IReadOnlyList<string> Buckets, TimeSpan TokenLife);
