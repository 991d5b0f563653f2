namespace CredentialBroker.Node.Gate;

/// <summary>Lines of configuration that allow: exact, or with <c>*</c> as the last character.</summary>
internal static class Patterns
{
    public static bool Allow(IEnumerable<string> patterns, string text) => patterns.Any(pattern =>
        pattern.EndsWith('*') ? text.StartsWith(pattern[..^1], StringComparison.Ordinal) : pattern == text);
}
