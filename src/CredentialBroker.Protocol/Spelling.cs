namespace CredentialBroker.Protocol;

/// <summary>Finds what a mistyped word was probably meant to be.</summary>
public static class Spelling
{
    private const int Furthest = 2;
    private const int Longest = 64;

    /// <summary>The known word at most two edits away and nearest; null when none is that near.</summary>
    public static string? Closest(string word, IEnumerable<string> known)
    {
        ArgumentNullException.ThrowIfNull(word);
        ArgumentNullException.ThrowIfNull(known);
        if (word.Length is 0 or > Longest) return null;
        return known
            .Where(candidate => candidate.Length <= Longest && Math.Abs(candidate.Length - word.Length) <= Furthest)
            .Select(candidate => (candidate, Distance: Distance(word, candidate)))
            .Where(near => near.Distance <= Furthest && near.Distance < near.candidate.Length)
            .OrderBy(near => near.Distance)
            .Select(near => near.candidate)
            .FirstOrDefault();
    }

    /// <summary>Levenshtein distance, ignoring case.</summary>
    private static int Distance(string left, string right)
    {
        Span<int> row = stackalloc int[right.Length + 1];
        for (var j = 0; j <= right.Length; j++) row[j] = j;
        for (var i = 1; i <= left.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= right.Length; j++)
            {
                var same = char.ToLowerInvariant(left[i - 1]) == char.ToLowerInvariant(right[j - 1]);
                var here = Math.Min(Math.Min(row[j] + 1, row[j - 1] + 1), diagonal + (same ? 0 : 1));
                diagonal = row[j];
                row[j] = here;
            }
        }

        return row[right.Length];
    }
}
