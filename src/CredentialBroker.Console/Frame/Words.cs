using System.Globalization;
using CredentialBroker.Protocol;

namespace CredentialBroker.WebConsole.Frame;

/// <summary>How numbers, times and codes are written for people.</summary>
internal static class Words
{
    public static string Count(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    public static string Count(long number, string one) => $"{Count(number)} {one}{(number == 1 ? "" : "s")}";

    /// <summary>A code as the beginning of a sentence.</summary>
    public static string Sentence(string code)
    {
        var text = code.Replace('_', ' ');
        return text.Length == 0 ? text : char.ToUpperInvariant(text[0]) + text[1..];
    }

    public static string Instant(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);

    /// <summary>How far away, in the largest unit that says enough.</summary>
    public static string Away(DateTimeOffset at, DateTimeOffset now) => at >= now ? $"in {Span(at - now)}" : $"{Span(now - at)} ago";

    public static string Span(TimeSpan span) => span switch
    {
        { TotalSeconds: < 1 } => "moments",
        { TotalSeconds: < 90 } => $"{(int)span.TotalSeconds} s",
        { TotalMinutes: < 90 } => $"{(int)span.TotalMinutes} min",
        { TotalHours: < 48 } => $"{(int)span.TotalHours} h",
        _ => $"{(int)span.TotalDays} d",
    };

    /// <summary>What ending means, in a line.</summary>
    public static string Meaning(Revocability revocability) => revocability switch
    {
        Revocability.Immediate => "ended where it is honoured, at once",
        Revocability.Principal => "the identity made for it is ended",
        Revocability.Condition => "a condition at the target turns false",
        Revocability.Barrier => "only together with all of a shared identity",
        Revocability.ExpiryOnly => "nothing ends it before its own expiry",
        _ => revocability.ToString(),
    };

    /// <summary>An attribute of a picture.</summary>
    public static string Length(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);
}
