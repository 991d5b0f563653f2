using CredentialBroker.Protocol;

namespace CredentialBroker.Backends;

/// <summary>Which of a template's named scopes an intent and an approval leave: those that both name.</summary>
internal static class IntentScopes
{
    /// <summary>Null when something is left, or when the template names no scopes and none was asked for.</summary>
    public static Narrowed.Refused? Choose<T>(
        IReadOnlyList<T> all, Func<T, string> nameOf, Intent? asked, Intent? approved, out IReadOnlyList<T> chosen)
    {
        chosen = all;
        foreach (var (intent, who) in new[] { (asked, "the intent"), (approved, "the approval") })
        {
            // No names means: all that the template grants.
            if (intent?.Scopes is not { Count: > 0 } names) continue;
            if (names.Any(name => !all.Any(scope => nameOf(scope) == name)))
                return Refused($"{who} names a scope that the template does not have");
            chosen = [.. chosen.Where(scope => names.Contains(nameOf(scope), StringComparer.Ordinal))];
        }

        return all.Count > 0 && chosen.Count == 0 ? Refused("no scope is both asked for and approved") : null;
    }

    public static Narrowed.Refused Refused(string detail) => new(ReasonCodes.IntentRefused, detail);
}
