using System.Text.RegularExpressions;

namespace CredentialBroker.Backends;

/// <summary>A typed parameter of a scope; the intent supplies its value.</summary>
internal abstract partial record ScopeParameter
{
    private ScopeParameter() { }

    public abstract bool Accepts(string value);

    internal sealed partial record Integer : ScopeParameter
    {
        public override bool Accepts(string value) => Form().IsMatch(value);

        [GeneratedRegex(@"^(0|[1-9][0-9]{0,17})\z", RegexOptions.CultureInvariant)]
        private static partial Regex Form();
    }

    internal sealed partial record Slug : ScopeParameter
    {
        public override bool Accepts(string value) => Form().IsMatch(value);

        [GeneratedRegex(@"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\z", RegexOptions.CultureInvariant)]
        private static partial Regex Form();
    }

    internal sealed record OneOf(IReadOnlyList<string> Values) : ScopeParameter
    {
        public override bool Accepts(string value) => Values.Contains(value, StringComparer.Ordinal);
    }
}

/// <summary>One named scope of a template: its text, and the parameters it has holes for.</summary>
internal sealed record NamedScope(string Name, string Text, IReadOnlyDictionary<string, ScopeParameter> Parameters);
