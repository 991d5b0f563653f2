using CredentialBroker.Protocol;

namespace CredentialBroker.Backends.Webhook;

/// <summary>One credential of a kind that the receiver knows.</summary>
/// <param name="Scopes">Named scopes; after narrowing only those asked for and approved, their texts filled.</param>
/// <param name="Parameters">Told to the receiver whatever scopes are chosen; filled with facts alone.</param>
/// <param name="Options">What the target's operator lets templates ask for.</param>
internal sealed record WebhookGrant(
    string Target, string Kind, IReadOnlyList<NamedScope> Scopes, IReadOnlyDictionary<string, string> Parameters, WebhookTarget Options) : Grant(Target)
{
    public override bool CanBeUsed => Options.Use is not null;

    public override IReadOnlyList<Privilege> Privileges =>
        [new(WebhookBackend.Word, Target, $"kind:{Kind}", [.. Scopes.Select(scope => scope.Text), .. Parameters.OrderBy(one => one.Key, StringComparer.Ordinal).Select(one => $"{one.Key}={one.Value}")])];

    public override Narrowed Narrow(Intent? asked, Intent? approved, IReadOnlyDictionary<string, string> facts)
    {
        if (IntentScopes.Choose(Scopes, scope => scope.Name, asked, approved, out var chosen) is { } refused) return refused;
        if (ScopeParameters.Merge(Scopes, chosen, asked, approved, out var values) is { } wrong) return wrong;

        string? ValueOf(string hole) => hole.StartsWith(Holes.FactPrefix, StringComparison.Ordinal) ? facts.GetValueOrDefault(hole) : values.GetValueOrDefault(hole);

        var scopes = new List<NamedScope>();
        foreach (var scope in chosen)
        {
            if (Holes.Fill(scope.Text, ValueOf, out var hole) is not { } text) return Unfilled(hole);
            if (!Options.Allows(text)) return new Narrowed.Refused(ReasonCodes.ParameterRefused, $"{scope.Text} names a scope that the target does not allow");
            scopes.Add(scope with { Text = text, Parameters = new Dictionary<string, ScopeParameter>() });
        }

        var parameters = new Dictionary<string, string>();
        foreach (var (name, template) in Parameters)
        {
            if (Holes.Fill(template, facts.GetValueOrDefault, out var hole) is not { } text) return Unfilled(hole);
            parameters[name] = text;
        }

        return new Narrowed.To(this with { Scopes = scopes, Parameters = parameters });
    }

    private static Narrowed.Refused Unfilled(string hole) =>
        new(ReasonCodes.ParameterRefused, $"{{{hole}}} has no value, or one that a call must not carry");
}
