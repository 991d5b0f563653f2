namespace CredentialBroker.Protocol.Selectors;

public sealed partial record Selector
{
    /// <summary>True when no thing can match: some dimension is asked to be one of several values, none of which the other terms allow.</summary>
    public bool MatchesNothing => Terms.Any(term => term.IsFinite && !Dimensions.Lists.Contains(term.Key) && !term.Values.Any(value => Terms.Where(t => t.Key == term.Key).All(t => t.Holds(value))));

    /// <summary>What both select; a term that stands in both stands once.</summary>
    public Selector And(Selector other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return new Selector([.. Terms.Concat(other.Terms).DistinctBy(term => term.ToString())]);
    }

    /// <summary>True when whatever this selects is surely selected by the other too; false when that cannot be told.</summary>
    public bool IsWithin(Selector outer)
    {
        ArgumentNullException.ThrowIfNull(outer);
        return outer.Terms.All(wanted => Terms.Any(term => term.Implies(wanted)));
    }
}
