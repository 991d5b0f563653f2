using CredentialBroker.Protocol;

namespace CredentialBroker.Backends.Aws;

/// <summary>One statement of a policy. Before narrowing, resources and values of conditions may have holes.</summary>
internal sealed record AwsStatement(string Effect, IReadOnlyList<string> Actions, IReadOnlyList<string> Resources, IReadOnlyList<AwsCondition> Conditions)
{
    /// <summary>Every text that may have holes.</summary>
    public IEnumerable<string> Texts => Resources.Concat(Conditions.SelectMany(condition => condition.Values));

    /// <summary>Null when a value is missing or not one that a policy may carry; then <paramref name="hole"/> names it.</summary>
    public AwsStatement? Fill(Func<string, string?> valueOf, out string hole)
    {
        hole = "";
        var resources = new List<string>();
        foreach (var resource in Resources)
        {
            // A value is a segment of an ARN, or a part of one, and nothing that could begin another.
            if (Holes.Fill(resource, name => valueOf(name) is { } value && !value.AsSpan().ContainsAny(':', '/') ? value : null, out hole) is not { } filled) return null;
            resources.Add(filled);
        }

        var conditions = new List<AwsCondition>();
        foreach (var condition in Conditions)
        {
            var values = new List<string>();
            foreach (var text in condition.Values)
            {
                if (Holes.Fill(text, valueOf, out hole) is not { } filled) return null;
                values.Add(filled);
            }

            conditions.Add(condition with { Values = values });
        }

        return this with { Resources = resources, Conditions = conditions };
    }

    public IEnumerable<Privilege> Privileges(string target) => Resources.Select(resource => new Privilege(
        AwsBackend.Word, target, resource,
        [.. Actions.Select(action => Effect == "Deny" ? $"not {action}" : action), .. Conditions.Select(condition => $"if {condition.Test} {condition.Key}={string.Join('|', condition.Values)}")]));
}

internal sealed record AwsCondition(string Test, string Key, IReadOnlyList<string> Values);

/// <summary>One named choice of a template: its parameters' types, and the statements it stands for.</summary>
internal sealed record AwsScope(NamedScope Named, IReadOnlyList<AwsStatement> Statements);
