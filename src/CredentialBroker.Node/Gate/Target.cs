namespace CredentialBroker.Node.Gate;

/// <summary>What a request is about: its path in plain form, without the version, and its query.</summary>
internal sealed record Target(IReadOnlyList<string> Segments, IReadOnlyDictionary<string, string> Query)
{
    private const int Longest = 4096;

    /// <exception cref="RefusedException">The path could be read in more than one way.</exception>
    public static Target Of(string uri)
    {
        if (uri.Length is 0 or > Longest || uri[0] != '/' || uri.Any(c => c is <= ' ' or > '~' or '#' or '\\')) throw Unplain("is no plain path");
        var cut = uri.IndexOf('?', StringComparison.Ordinal);
        var path = cut < 0 ? uri : uri[..cut];
        // Names of images hold slashes and colons, but nothing that has to be encoded.
        if (path.Contains('%', StringComparison.Ordinal)) throw Unplain("has an encoded character in its path");
        var segments = path[1..].Split('/');
        if (segments.Any(segment => segment is "" or "." or "..")) throw Unplain("has an empty or dot segment");
        if (IsVersion(segments[0])) segments = segments[1..];
        if (segments.Length == 0) throw Unplain("names nothing");
        return new Target(segments, cut < 0 ? new Dictionary<string, string>() : Parameters(uri[(cut + 1)..]));
    }

    public string Path => string.Join('/', Segments);

    private static Dictionary<string, string> Parameters(string query)
    {
        var parameters = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var pair in query.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var at = pair.IndexOf('=', StringComparison.Ordinal);
            var (name, value) = at < 0 ? (pair, "") : (pair[..at], pair[(at + 1)..]);
            if (name.Any(c => !char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_')) || pair.Contains(';', StringComparison.Ordinal)) throw new RefusedException(Refusals.Query, "a parameter of the query has no plain name");
            // Go takes the first of two, others the last.
            if (!parameters.TryAdd(name, Uri.UnescapeDataString(value.Replace('+', ' ')))) throw new RefusedException(Refusals.Query, "a parameter of the query appears twice");
        }

        return parameters;
    }

    private static bool IsVersion(string segment) =>
        segment.Length is > 1 and < 8 && segment[0] == 'v' && segment[1..].All(c => char.IsAsciiDigit(c) || c == '.') && char.IsAsciiDigit(segment[1]);

    private static RefusedException Unplain(string what) => new(Refusals.Path, $"the request's address {what}");
}
