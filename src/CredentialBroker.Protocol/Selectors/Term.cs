using System.Text;

namespace CredentialBroker.Protocol.Selectors;

/// <summary>One comparison of a selector.</summary>
/// <param name="Key">Dimension name, one of <see cref="Dimensions"/>.</param>
/// <param name="Comparison">How it compares.</param>
/// <param name="Values">One value, or several for <see cref="Comparison.In"/>; a prefix without its asterisk.</param>
/// <param name="Position">Offset of the key in the selector's text, from 0.</param>
public sealed record Term(string Key, Comparison Comparison, IReadOnlyList<string> Values, int Position)
{
    /// <summary>Whether it holds for what is absent, and for a list only when it holds for all of it.</summary>
    public bool IsNegative => Comparison is Comparison.IsNot or Comparison.StartsNotWith;

    private bool IsOfList => Dimensions.Lists.Contains(Key);

    /// <summary>True when a dimension of this value satisfies the comparison; null is absent.</summary>
    public bool Holds(string? value)
    {
        if (value is null || !IsOfList) return HoldsOne(value);
        var values = value.Split('\n');
        return IsNegative ? values.All(HoldsOne) : values.Any(HoldsOne);
    }

    private bool HoldsOne(string? value) => Comparison switch
    {
        Comparison.Is => string.Equals(value, Values[0], StringComparison.Ordinal),
        Comparison.IsNot => !string.Equals(value, Values[0], StringComparison.Ordinal),
        Comparison.In => value is not null && Values.Contains(value, StringComparer.Ordinal),
        Comparison.StartsWith => value is not null && value.StartsWith(Values[0], StringComparison.Ordinal),
        Comparison.StartsNotWith => value is null || !value.StartsWith(Values[0], StringComparison.Ordinal),
        Comparison.Before => SelectorTime.TryParse(value, out var at) && SelectorTime.TryParse(Values[0], out var limit) && at < limit,
        Comparison.After => SelectorTime.TryParse(value, out var at) && SelectorTime.TryParse(Values[0], out var limit) && at > limit,
        _ => throw new InvalidOperationException("a term compares in one of seven ways"),
    };

    /// <summary>Whether only the listed values satisfy it.</summary>
    internal bool IsFinite => Comparison is Comparison.Is or Comparison.In;

    /// <summary>Whether every value that satisfies this term surely satisfies the other.</summary>
    internal bool Implies(Term other) => Key == other.Key && (
        ToString() == other.ToString()
        || (IsFinite && Values.All(other.Holds) && !(IsOfList && other.IsNegative))
        || (Comparison == Comparison.StartsWith && other.Comparison == Comparison.StartsWith && Values[0].StartsWith(other.Values[0], StringComparison.Ordinal)));

    /// <summary>The canonical text of the term.</summary>
    public override string ToString()
    {
        var text = new StringBuilder(Key);
        return Comparison switch
        {
            Comparison.Is => text.Append('=').AppendValue(Values[0]).ToString(),
            Comparison.IsNot => text.Append("!=").AppendValue(Values[0]).ToString(),
            Comparison.In => List(text),
            Comparison.StartsWith => Prefix(text.Append('=')),
            Comparison.StartsNotWith => Prefix(text.Append("!=")),
            Comparison.Before => text.Append('<').AppendValue(Values[0]).ToString(),
            Comparison.After => text.Append('>').AppendValue(Values[0]).ToString(),
            _ => throw new InvalidOperationException("a term compares in one of seven ways"),
        };
    }

    private string Prefix(StringBuilder text) => (Values[0].Length == 0 ? text : text.AppendValue(Values[0])).Append('*').ToString();

    private string List(StringBuilder text)
    {
        text.Append(" in (");
        for (var i = 0; i < Values.Count; i++) (i == 0 ? text : text.Append(',')).AppendValue(Values[i]);
        return text.Append(')').ToString();
    }
}
