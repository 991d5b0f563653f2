using System.Text.RegularExpressions;

namespace CredentialBroker.Backends;

/// <summary>The form of target and scope names: they appear in selectors, metrics and audit records.</summary>
internal static partial class TargetNames
{
    public static bool IsValid(string name) => Form().IsMatch(name);

    [GeneratedRegex("^[a-z0-9][a-z0-9-]{0,62}$", RegexOptions.CultureInvariant)]
    private static partial Regex Form();
}
