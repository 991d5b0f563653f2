using CredentialBroker.Protocol.Selectors;

namespace CredentialBroker.Tests.Protocol;

/// <summary>Selectors put together and compared, each against what they say of things.</summary>
public sealed class SelectorCombiningTests
{
    private static readonly string[] Terms =
        ["target=a", "target=b", "target!=a", "target in (a,b)", "target=a*", "target=ab*", "target!=a*", "target=*", "template=x", "template!=x", "template in (x,y)"];

    private static readonly string?[] Values = [null, "", "a", "ab", "abc", "b", "c", "x", "y"];

    [Fact]
    public void Both_select_what_each_selects()
    {
        foreach (var (one, other) in Pairs())
        {
            foreach (var thing in Things()) Assert.Equal(one.Matches(thing) && other.Matches(thing), one.And(other).Matches(thing));
            Assert.Equal(one.And(other), Selector.Parse(one.And(other).ToString()), Same);
        }
    }

    [Fact]
    public void What_is_said_to_lie_within_does()
    {
        var told = 0;
        foreach (var (inner, outer) in Pairs().Where(p => p.One.IsWithin(p.Other)))
        {
            told++;
            foreach (var thing in Things().Where(thing => inner.Matches(thing))) Assert.True(outer.Matches(thing), $"{inner} is not within {outer}");
        }

        Assert.True(told > 200, $"only {told} pairs");
    }

    [Fact]
    public void What_is_said_to_match_nothing_matches_nothing()
    {
        var told = 0;
        foreach (var both in Pairs().Select(p => p.One.And(p.Other)).Where(both => both.MatchesNothing))
        {
            told++;
            foreach (var thing in Things()) Assert.False(both.Matches(thing), both.ToString());
        }

        Assert.True(told > 20, $"only {told} pairs");
    }

    [Theory]
    [InlineData("environment=prod,template=x", "environment=prod", true)]
    [InlineData("environment=prod", "environment in (prod,staging)", true)]
    [InlineData("template=orders-read*", "template=orders-*", true)]
    [InlineData("environment in (prod,staging)", "environment=prod", false)]
    [InlineData("template=x", "environment=prod", false)]
    [InlineData("template=orders-*", "template=orders-read", false)]
    public void Within_is_told_by_the_words(string inner, string outer, bool within) => Assert.Equal(within, Selector.Parse(inner).IsWithin(Selector.Parse(outer)));

    [Fact]
    public void Everything_is_within_nothing_narrower_and_narrowed_by_everything()
    {
        var all = new Selector([]);
        var one = Selector.Parse("target=a");
        Assert.False(all.IsWithin(one));
        Assert.True(one.IsWithin(all));
        Assert.Equal("target=a", all.And(one).ToString());
        Assert.False(all.MatchesNothing);
    }

    private static bool Same(Selector one, Selector other) => one.ToString() == other.ToString();

    private static IEnumerable<(Selector One, Selector Other)> Pairs()
    {
        var all = Terms.SelectMany(one => Terms.Select(other => Selector.Parse($"{one},{other}"))).Concat(Terms.Select(Selector.Parse)).ToList();
        return all.SelectMany(one => all.Select(other => (one, other)));
    }

    private static IEnumerable<Func<string, string?>> Things() =>
        Values.SelectMany(target => Values.Select(template => (Func<string, string?>)(name => name == "target" ? target : template)));
}
