using System.Text;

namespace CredentialBroker.Protocol.Selectors;

/// <summary>Reads one selector text from left to right; the first mistake ends the reading.</summary>
internal sealed class SelectorReader(string text)
{
    private int _at;

    /// <summary>The mistake, once <see cref="Read"/> returned null.</summary>
    public SelectorError Error { get; private set; } = new(0, "the selector was not read");

    /// <summary>The terms, or null after a mistake.</summary>
    public IReadOnlyList<Term>? Read()
    {
        if (text.Length > Selector.MaxLength) return Fail<List<Term>>(Selector.MaxLength, $"longer than {Selector.MaxLength} characters");
        var refused = SelectorText.FirstRefused(text);
        if (refused >= 0) return Fail<List<Term>>(refused, "control and invisible characters are refused");
        if (Ended()) return Fail<List<Term>>(_at, "an empty selector is refused; to select everything, say so, such as with lease=*");

        var terms = new List<Term>();
        do
        {
            if (terms.Count == Selector.MaxTerms) return Fail<List<Term>>(_at, $"more than {Selector.MaxTerms} terms");
            if (ReadTerm() is not { } term) return null;
            terms.Add(term);
        }
        while (Took(','));

        return Ended() ? terms : Fail<List<Term>>(_at, "expected a comma or the end; quote values that hold special characters");
    }

    private Term? ReadTerm()
    {
        Skip();
        var position = _at;
        while (_at < text.Length && char.IsAsciiLetterOrDigit(text[_at])) _at++;
        var key = text[position.._at];
        if (key.Length == 0) return Fail<Term>(position, "expected a dimension, such as template");
        if (!Dimensions.All.Contains(key)) return Fail<Term>(position, Unknown(key));

        Skip();
        var operatorAt = _at;
        var isTime = Dimensions.Times.Contains(key);
        if (Took('<')) return isTime ? ReadTime(key, Comparison.Before, position) : OnlyTimes(operatorAt);
        if (Took('>')) return isTime ? ReadTime(key, Comparison.After, position) : OnlyTimes(operatorAt);
        if (isTime) return Fail<Term>(operatorAt, $"{key} is a time: compare it with < or >");
        if (Took('=')) return ReadValueOrPrefix(key, Comparison.Is, Comparison.StartsWith, position);
        if (TookWord("!=")) return ReadValueOrPrefix(key, Comparison.IsNot, Comparison.StartsNotWith, position);
        if (TookWord("in")) return ReadList(key, position);
        return Fail<Term>(operatorAt, "expected =, != or in (…)");
    }

    private Term? ReadTime(string key, Comparison comparison, int position)
    {
        Skip();
        var valueAt = _at;
        if (ReadValue() is not { } value) return null;
        return SelectorTime.TryParse(value, out _)
            ? new Term(key, comparison, [value], position)
            : Fail<Term>(valueAt, "expected a time such as 2030-01-31T08:00:00Z, or UTC milliseconds");
    }

    private Term? ReadValueOrPrefix(string key, Comparison whole, Comparison prefix, int position)
    {
        Skip();
        // A lone asterisk is the empty prefix: any value at all.
        if (_at < text.Length && text[_at] == '*')
        {
            _at++;
            return new Term(key, prefix, [""], position);
        }

        if (ReadValue() is not { } value) return null;
        if (_at == text.Length || text[_at] != '*') return new Term(key, whole, [value], position);
        _at++;
        return new Term(key, prefix, [value], position);
    }

    private Term? ReadList(string key, int position)
    {
        if (!Took('(')) return Fail<Term>(_at, "expected ( after in");
        var values = new List<string>();
        do
        {
            Skip();
            if (values.Count == Selector.MaxValues) return Fail<Term>(_at, $"more than {Selector.MaxValues} values");
            if (ReadValue() is not { } value) return null;
            values.Add(value);
        }
        while (Took(','));

        return Took(')') ? new Term(key, Comparison.In, values, position) : Fail<Term>(_at, "expected a comma or )");
    }

    private string? ReadValue()
    {
        var from = _at;
        var value = _at < text.Length && text[_at] == '"' ? ReadQuoted() : ReadBare();
        return value?.Length > Selector.MaxValueLength
            ? Fail<string>(from, $"a value is longer than {Selector.MaxValueLength} characters")
            : value;
    }

    private string? ReadBare()
    {
        var from = _at;
        while (_at < text.Length && SelectorText.IsBare(text[_at])) _at++;
        return _at > from ? text[from.._at] : Fail<string>(from, "expected a value; quote it when it holds special characters");
    }

    private string? ReadQuoted()
    {
        var from = _at++;
        var value = new StringBuilder();
        for (; _at < text.Length; _at++)
        {
            if (text[_at] == '"')
            {
                _at++;
                return value.ToString();
            }

            if (text[_at] == '\\' && (++_at == text.Length || text[_at] is not ('"' or '\\')))
            {
                return Fail<string>(_at - 1, "only \\\" and \\\\ are escapes");
            }

            value.Append(text[_at]);
        }

        return Fail<string>(from, "this quote is not closed");
    }

    private bool Ended()
    {
        Skip();
        return _at == text.Length;
    }

    private bool Took(char c)
    {
        Skip();
        if (_at == text.Length || text[_at] != c) return false;
        _at++;
        return true;
    }

    private bool TookWord(string word)
    {
        if (string.CompareOrdinal(text, _at, word, 0, word.Length) != 0) return false;
        _at += word.Length;
        return true;
    }

    private void Skip()
    {
        while (_at < text.Length && text[_at] == ' ') _at++;
    }

    private static string Unknown(string key) =>
        Spelling.Closest(key, Dimensions.All) is { } closest
            ? $"no such dimension; did you mean {closest}?"
            : $"no such dimension; known are {string.Join(", ", Dimensions.All)}";

    private Term? OnlyTimes(int position) =>
        Fail<Term>(position, $"only times are compared with < and >: {string.Join(", ", Dimensions.Times)}");

    private T? Fail<T>(int position, string message)
        where T : class
    {
        Error = new SelectorError(position, message);
        return null;
    }
}
