using CredentialBroker.Protocol.Selectors;

namespace CredentialBroker.Tests.Protocol;

public sealed class SelectorTests
{
    [Theory]
    [InlineData("template=orders-read", "template=orders-read")]
    [InlineData("  template = orders-read , environment != prod ", "template=orders-read,environment!=prod")]
    [InlineData("workload=k8s://prod-eu/shop/*", "workload=k8s://prod-eu/shop/*")]
    [InlineData("template!=orders*", "template!=orders*")]
    [InlineData("target in (orders, \"a b\",c)", "target in (orders,\"a b\",c)")]
    [InlineData("subject=\"a\\\"b\\\\c*\"", "subject=\"a\\\"b\\\\c*\"")]
    [InlineData("subject=\"a b\"*", "subject=\"a b\"*")]
    [InlineData("subject=\"plain\"", "subject=plain")]
    [InlineData("subject=\"\"", "subject=\"\"")]
    [InlineData("lease=*", "lease=*")]
    [InlineData("lease!=*", "lease!=*")]
    [InlineData("issued>2030-01-31T08:00:00Z,ends<1900000000000", "issued>2030-01-31T08:00:00Z,ends<1900000000000")]
    public void A_selector_is_written_in_one_canonical_way(string text, string canonical)
    {
        Assert.Equal(canonical, Selector.Parse(text).ToString());
        Assert.Equal(canonical, Selector.Parse(canonical).ToString());
    }

    [Theory]
    [InlineData("", 0, "empty")]
    [InlineData("   ", 3, "empty")]
    [InlineData("=x", 0, "expected a dimension")]
    [InlineData("templat=x", 0, "did you mean template?")]
    [InlineData("Template=x", 0, "did you mean template?")]
    [InlineData("nonsense=x", 0, "known are lease")]
    [InlineData("template=x,", 11, "expected a dimension")]
    [InlineData("template=x,,node=y", 11, "expected a dimension")]
    [InlineData("template", 8, "expected =")]
    [InlineData("template=", 9, "expected a value")]
    [InlineData("template=a*b", 11, "expected a comma")]
    [InlineData("template=a b", 11, "expected a comma")]
    [InlineData("template=\"a", 9, "not closed")]
    [InlineData("template=\"a\\n\"", 11, "escapes")]
    [InlineData("template=\"a\\", 11, "escapes")]
    [InlineData("template in a", 12, "expected (")]
    [InlineData("template in (a", 14, "expected a comma or )")]
    [InlineData("template in ()", 13, "expected a value")]
    [InlineData("template in (a*)", 14, "expected a comma or )")]
    [InlineData("template<5", 8, "only times")]
    [InlineData("template>5", 8, "only times")]
    [InlineData("issued=5", 6, "compare it with < or >")]
    [InlineData("issued<yesterday", 7, "expected a time")]
    [InlineData("issued<2030-01-31T08:00:00", 7, "expected a time")]
    [InlineData("issued<-5", 7, "expected a time")]
    [InlineData("template=a\tb", 10, "control")]
    [InlineData("template=\"a\u202eb\"", 11, "control")]
    public void A_mistake_has_its_place_and_its_cure(string text, int position, string says)
    {
        Assert.False(Selector.TryParse(text, out var selector, out var error));
        Assert.Null(selector);
        Assert.Equal(position, error.Position);
        Assert.Contains(says, error.Message, StringComparison.Ordinal);
        Assert.Throws<FormatException>(() => Selector.Parse(text));
    }

    // A fact of its own: attribute values cannot hold half a surrogate pair.
    [Fact]
    public void Half_a_character_is_refused()
    {
        Assert.False(Selector.TryParse("template=a\ud800", out _, out var error));
        Assert.Equal(10, error.Position);
    }

    [Fact]
    public void No_text_at_all_is_refused() => Assert.False(Selector.TryParse(null, out _, out _));

    [Fact]
    public void Limits_hold_at_their_edge()
    {
        Accepted("subject=" + new string('a', 512));
        Refused("subject=" + new string('a', 513));
        Refused("subject=\"" + new string('a', 513) + '"');
        Accepted(string.Join(',', Enumerable.Repeat("pod=a", 32)));
        Refused(string.Join(',', Enumerable.Repeat("pod=a", 33)));
        Accepted($"pod in ({string.Join(',', Enumerable.Repeat("a", 100))})");
        Refused($"pod in ({string.Join(',', Enumerable.Repeat("a", 101))})");
        Accepted("pod=a" + new string(' ', 4091));
        Refused("pod=a" + new string(' ', 4092));

        static void Accepted(string text) => Assert.True(Selector.TryParse(text, out _, out var error), error?.ToString());
        static void Refused(string text) => Assert.False(Selector.TryParse(text, out _, out _));
    }

    [Theory]
    [InlineData("template=orders-read", true)]
    [InlineData("template=Orders-Read", false)]
    [InlineData("template!=orders-read", false)]
    [InlineData("template!=other", true)]
    [InlineData("node!=n1", true)]
    [InlineData("node=n1", false)]
    [InlineData("node=*", false)]
    [InlineData("node!=*", true)]
    [InlineData("template=*", true)]
    [InlineData("template=orders*", true)]
    [InlineData("template=\"orders*\"", false)]
    [InlineData("template!=orders*", false)]
    [InlineData("node!=orders*", true)]
    [InlineData("template in (a,orders-read)", true)]
    [InlineData("template in (a,b)", false)]
    [InlineData("node in (a,b)", false)]
    [InlineData("template=orders-read,environment=prod", true)]
    [InlineData("template=orders-read,environment=staging", false)]
    [InlineData("issued<2030-01-01T00:00:01Z", true)]
    [InlineData("issued<2030-01-01T00:00:00Z", false)]
    [InlineData("issued>2029-12-31T23:59:59.999Z", true)]
    [InlineData("issued>2030-01-01T02:00:00+02:00", false)]
    [InlineData("issued>1893455999999", true)]
    [InlineData("ends>0", true)]
    [InlineData("ends<1", false)]
    public void Terms_are_all_needed(string selector, bool matches)
    {
        var dimensions = new Dictionary<string, string>
        {
            ["template"] = "orders-read", ["environment"] = "prod", ["issued"] = "2030-01-01T00:00:00Z", ["ends"] = "1893456000000",
        };
        Assert.Equal(matches, Selector.Parse(selector).Matches(dimensions.GetValueOrDefault));
    }

    [Fact]
    public void A_time_that_is_absent_or_unreadable_is_neither_before_nor_after()
    {
        Assert.False(Selector.Parse("issued<9").Matches(_ => null));
        Assert.False(Selector.Parse("issued>9").Matches(_ => "soon"));
    }

    [Fact]
    public void Random_text_never_throws_and_what_is_read_reads_back()
    {
        string[] pieces =
        [
            "template", "issued", "node", "in", "=", "!=", "<", ">", "(", ")", ",", "*", "\"", "\\", " ", "a", "k8s://a/b", "\u00e9", "\ud83d\ude00",
            "\ud83d", "\t", "2030-01-31T08:00:00Z", "17", "\"a b\"", "template=x", "node in (a,\"*\")", "pod!=\"\\\"\"*",
        ];
        var random = new Random(20260);
        var read = 0;
        for (var i = 0; i < 50_000; i++)
        {
            var text = string.Concat(Enumerable.Range(0, random.Next(1, 9)).Select(_ => pieces[random.Next(pieces.Length)]));
            if (!Selector.TryParse(text, out var selector, out var error))
            {
                Assert.InRange(error.Position, 0, text.Length);
                continue;
            }

            read++;
            var again = Selector.Parse(selector.ToString());
            Assert.Equal(selector.ToString(), again.ToString());
            Assert.Equal(
                selector.Terms.Select(term => (term.Key, term.Comparison, string.Join('|', term.Values))),
                again.Terms.Select(term => (term.Key, term.Comparison, string.Join('|', term.Values))));
        }

        Assert.True(read > 500, $"only {read} of the random texts were selectors");
    }
}
