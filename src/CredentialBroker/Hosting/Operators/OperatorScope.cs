using CredentialBroker.Protocol;
using CredentialBroker.Protocol.Selectors;

namespace CredentialBroker.Hosting;

/// <summary>What an operator reaches: whatever one of the selectors of the roles in play matches.</summary>
internal sealed class OperatorScope
{
    public static readonly OperatorScope Nothing = new([], everything: false);

    private readonly bool _everything;

    private OperatorScope(IReadOnlyList<Selector> anyOf, bool everything) => (AnyOf, _everything) = (anyOf, everything);

    /// <summary>The selectors; says nothing where everything is reached.</summary>
    private IReadOnlyList<Selector> AnyOf { get; }

    public bool IsNarrow => !_everything;

    /// <summary>Selectors of which one must match; null where everything is reached.</summary>
    public IReadOnlyList<Selector>? Within => _everything ? null : AnyOf;

    public static OperatorScope Of(IReadOnlyList<HeldRole> roles) => roles.Any(held => held.Selector is null)
        ? new OperatorScope([], everything: true)
        : new OperatorScope([.. roles.Select(held => held.Selector!).DistinctBy(s => s.ToString())], everything: false);

    /// <summary>For things all of whose dimensions are known: absent means that there is none.</summary>
    public bool Covers(Func<string, string?> dimension) => _everything || AnyOf.Any(selector => selector.Matches(dimension));

    /// <summary>For things of which some dimensions are unknown: what is not known is not covered, not even by <c>!=</c>.</summary>
    public bool CoversKnown(Func<string, string?> dimension) =>
        _everything || AnyOf.Any(selector => selector.Terms.All(term => dimension(term.Key) is { } value && term.Holds(value)));

    /// <summary>
    /// The selector of a control that this operator sets: what was asked for, narrowed to what is reached. Under several
    /// selectors it has to lie within one of them, since no selector can say "either".
    /// </summary>
    /// <returns>Null with the refusal when nothing is left.</returns>
    public Selector? Narrow(Selector asked, out IResult? refusal)
    {
        refusal = null;
        if (_everything) return asked;
        var within = AnyOf.Count == 1 ? AnyOf[0] : AnyOf.FirstOrDefault(asked.IsWithin);
        if (within is null)
        {
            refusal = Forbidden($"your roles reach {string.Join(" or ", AnyOf)}; ask for one of them");
            return null;
        }

        var both = asked.And(within);
        if (!both.MatchesNothing && both.Terms.Count <= Selector.MaxTerms && both.ToString().Length <= Selector.MaxLength) return both;
        refusal = Forbidden($"nothing of that lies within {within}");
        return null;
    }

    /// <summary>Whether a control lies wholly within what is reached, so that this operator may lift it.</summary>
    public bool Holds(Selector control) => _everything || AnyOf.Any(control.IsWithin);

    /// <summary>Whether a control may stop something that is reached, so that this operator has to know of it.</summary>
    public bool Touches(Selector control) => _everything || AnyOf.Any(selector => !control.And(selector).MatchesNothing);

    /// <summary>Why a thing that is there but out of reach is refused.</summary>
    public string Outside(string what) => $"{what} lies outside {string.Join(" or ", AnyOf)}, which your roles are narrowed to, or cannot be told to lie within it";

    /// <summary>The refusal of a thing that is there but out of reach.</summary>
    public IResult Refuse(string what) => Forbidden(Outside(what));

    private static IResult Forbidden(string detail) => Problems.Of(ReasonCodes.OperatorForbidden, detail);
}
