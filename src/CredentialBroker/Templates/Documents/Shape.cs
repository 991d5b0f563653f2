namespace CredentialBroker.Templates.Documents;

/// <summary>
/// What a place in a document may hold. One tree of shapes describes the template; the reader checks documents against it
/// and the published JSON Schema is written from it, so that the two cannot differ.
/// </summary>
internal abstract record Shape
{
    private Shape() { }

    /// <summary>Text that a pattern describes; <paramref name="Means"/> says in words what the pattern demands.</summary>
    internal sealed record Text(string Pattern, string Means, int MaxLength) : Shape;

    /// <summary>One of a few words.</summary>
    internal sealed record Choice(params IReadOnlyList<string> Words) : Shape;

    internal sealed record Whole(int Least, int Most) : Shape;

    internal sealed record Truth : Shape;

    /// <summary>A duration, written as <c>Durations</c> has it. Bounds that depend on configuration are not the shape's.</summary>
    internal sealed record Duration : Shape;

    /// <summary>One or more different texts.</summary>
    internal sealed record ListOf(Text Item, int MaxItems) : Shape;

    internal sealed record Section(params IReadOnlyList<Member> Members) : Shape;

    /// <summary>Exactly one member, whose name is one of a few words and whose value is a mapping that somebody else reads.</summary>
    internal sealed record OneOf(IReadOnlyList<string> Names) : Shape;
}

/// <param name="Default">Applied when absent, as it would be written; null when the member is required or has none.</param>
internal sealed record Member(string Name, Shape Shape, string Summary, bool Required = false, string? Default = null);
