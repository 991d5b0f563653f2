using CredentialBroker.Protocol;

namespace CredentialBroker.Backends;

/// <summary>The values for the chosen scopes' parameters. An approval that gives one has the last word.</summary>
internal static class ScopeParameters
{
    public static Narrowed.Refused? Merge(
        IReadOnlyList<NamedScope> all, IReadOnlyList<NamedScope> chosen, Intent? asked, Intent? approved, out Dictionary<string, string> values)
    {
        values = [];
        var declared = chosen.SelectMany(scope => scope.Parameters).ToLookup(pair => pair.Key, pair => pair.Value);
        if (asked?.Parameters?.Keys.Any(name => !declared.Contains(name)) == true)
            return IntentScopes.Refused("the intent gives a parameter that the chosen scopes do not declare");

        // An approval may cover more scopes than were asked for, but a limit that means nothing here is not one to ignore.
        if (approved?.Parameters?.Keys.Any(name => !all.Any(scope => scope.Parameters.ContainsKey(name))) == true)
            return IntentScopes.Refused("the approval gives a parameter that the template does not declare");

        foreach (var parameter in declared)
        {
            var wanted = asked?.Parameters?.GetValueOrDefault(parameter.Key);
            var granted = approved?.Parameters?.GetValueOrDefault(parameter.Key);
            if (wanted is not null && granted is not null && wanted != granted)
                return IntentScopes.Refused($"the parameter {parameter.Key} was approved with another value");
            if ((granted ?? wanted) is not { } value) return IntentScopes.Refused($"the parameter {parameter.Key} is missing");
            if (!Holes.IsSafe(value) || !parameter.All(type => type.Accepts(value)))
                return new Narrowed.Refused(ReasonCodes.ParameterRefused, $"the parameter {parameter.Key} has a value outside its type");
            values[parameter.Key] = value;
        }

        return null;
    }
}
