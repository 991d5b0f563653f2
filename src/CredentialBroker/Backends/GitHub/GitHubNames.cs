using System.Text.RegularExpressions;

namespace CredentialBroker.Backends.GitHub;

/// <summary>Names and levels as GitHub's API knows them.</summary>
internal static partial class GitHubNames
{
    /// <summary>GitHub gives it with every other permission, asked for or not.</summary>
    public const string Implied = "metadata";

    /// <summary>A repository without its owner: the installation has one.</summary>
    public static bool IsRepository(string text) => Repository().IsMatch(text) && text is not ("." or "..");

    public static bool IsPermission(string text) => Permission().IsMatch(text);

    /// <summary>0 for what is no level.</summary>
    public static int LevelOf(string? level) => level switch { "read" => 1, "write" => 2, "admin" => 3, _ => 0 };

    [GeneratedRegex(@"^[A-Za-z0-9_.-]{1,100}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Repository();

    [GeneratedRegex(@"^[a-z][a-z_]{0,63}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Permission();
}
