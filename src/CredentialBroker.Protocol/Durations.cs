using System.Globalization;
using System.Text;

namespace CredentialBroker.Protocol;

/// <summary>
/// Durations as templates, the API and the CLI write them: whole numbers with the units <c>d h m s ms</c>, largest first,
/// each at most once, such as <c>90s</c>, <c>15m</c>, <c>1h30m</c>, <c>0s</c>. Never negative, at most 366 days.
/// </summary>
public static class Durations
{
    /// <summary>The longest duration that can be written.</summary>
    public static TimeSpan Longest { get; } = TimeSpan.FromDays(366);

    /// <summary>Regular expression (ECMA 262) of the notation, for schemas.</summary>
    public const string Pattern =
        "^(?=[0-9])((0|[1-9][0-9]*)d)?((0|[1-9][0-9]*)h)?((0|[1-9][0-9]*)m)?((0|[1-9][0-9]*)s)?((0|[1-9][0-9]*)ms)?$";

    private static readonly (string Name, long Ms)[] Units =
        [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

    /// <summary>Reads a duration; false when the text is not one.</summary>
    public static bool TryParse(string? text, out TimeSpan duration)
    {
        duration = default;
        if (string.IsNullOrEmpty(text)) return false;
        long total = 0;
        var next = 0;
        var at = 0;
        while (at < text.Length)
        {
            if (!TryNumber(text, ref at, out var number)) return false;
            var from = at;
            while (at < text.Length && char.IsAsciiLetterLower(text[at])) at++;
            var name = text.AsSpan(from, at - from);
            while (next < Units.Length && !name.SequenceEqual(Units[next].Name)) next++;
            if (next == Units.Length) return false;
            total += number * Units[next++].Ms;
            if (total > Longest.TotalMilliseconds) return false;
        }

        duration = TimeSpan.FromMilliseconds(total);
        return true;
    }

    /// <summary>Reads a duration.</summary>
    /// <exception cref="FormatException">The text is not one.</exception>
    public static TimeSpan Parse(string text) =>
        TryParse(text, out var duration) ? duration : throw new FormatException("not a duration such as 90s, 15m or 1h30m");

    /// <summary>Writes a duration in the one canonical way, down to whole milliseconds.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Negative, or longer than <see cref="Longest"/>.</exception>
    public static string Format(TimeSpan duration)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(duration, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(duration, Longest);
        var rest = (long)duration.TotalMilliseconds;
        if (rest == 0) return "0s";
        var text = new StringBuilder();
        foreach (var (name, ms) in Units)
        {
            if (rest >= ms) text.Append(CultureInfo.InvariantCulture, $"{rest / ms}{name}");
            rest %= ms;
        }

        return text.ToString();
    }

    // Eleven digits hold 366 days of milliseconds; times the largest unit they still fit a long.
    private static bool TryNumber(string text, ref int at, out long number)
    {
        number = 0;
        var from = at;
        for (; at < text.Length && char.IsAsciiDigit(text[at]); at++)
        {
            if (at - from == 11) return false;
            number = (number * 10) + (text[at] - '0');
        }

        return at > from && (at - from == 1 || text[from] != '0');
    }
}
