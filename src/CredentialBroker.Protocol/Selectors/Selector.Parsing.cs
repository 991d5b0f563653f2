using System.Diagnostics.CodeAnalysis;

namespace CredentialBroker.Protocol.Selectors;

public sealed partial record Selector
{
    /// <summary>Longest text of a selector.</summary>
    public const int MaxLength = 4096;

    /// <summary>Most terms of a selector.</summary>
    public const int MaxTerms = 32;

    /// <summary>Longest value of a term.</summary>
    public const int MaxValueLength = 512;

    /// <summary>Most values in one <c>in (…)</c>.</summary>
    public const int MaxValues = 100;

    /// <summary>Reads a selector. The empty text is none: to select everything, say so, such as with <c>lease=*</c>.</summary>
    public static bool TryParse(
        [NotNullWhen(true)] string? text,
        [NotNullWhen(true)] out Selector? selector,
        [NotNullWhen(false)] out SelectorError? error)
    {
        var reader = new SelectorReader(text ?? "");
        selector = reader.Read() is { } terms ? new Selector(terms) : null;
        error = selector is null ? reader.Error : null;
        return selector is not null;
    }

    /// <summary>Reads a selector.</summary>
    /// <exception cref="FormatException">The text is none; the message carries the position.</exception>
    public static Selector Parse(string text) =>
        TryParse(text, out var selector, out var error) ? selector : throw new FormatException($"selector, {error}");
}
