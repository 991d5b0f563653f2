namespace CredentialBroker.Templates;

/// <summary>A workload URI, exact or with <c>*</c> as the whole last segment. The one matcher of workload URIs.</summary>
internal sealed record WorkloadPattern(string Text)
{
    private readonly string? _prefix = Text.EndsWith("/*", StringComparison.Ordinal) ? Text[..^1] : null;

    /// <summary>True when the URI is this very one, or differs only in the last segment where that is <c>*</c>.</summary>
    public bool Matches(string uri) => _prefix is null
        ? string.Equals(uri, Text, StringComparison.Ordinal)
        : uri.Length > _prefix.Length
          && uri.StartsWith(_prefix, StringComparison.Ordinal)
          && uri.IndexOf('/', _prefix.Length) < 0;
}
