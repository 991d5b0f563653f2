namespace CredentialBroker.Protocol.Selectors;

/// <summary>Why a text is not a selector.</summary>
/// <param name="Position">Offset of the offending character, from 0; the text's length when something is missing at its end.</param>
/// <param name="Message">What is wrong and what to do about it.</param>
public sealed record SelectorError(int Position, string Message)
{
    /// <inheritdoc/>
    public override string ToString() => $"at {Position}: {Message}";
}
